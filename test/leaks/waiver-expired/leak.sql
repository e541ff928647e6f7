-- config: {"waivers": [{"key": "rls-not-forced:\"public\".\"kids\"", "reason": "the owner is nobody's", "until": "2020-01-31"}]}
-- expect: rls-not-forced:"public"."kids"
-- expect: waiver-expired:"rls-not-forced:""public"".""kids"""
ALTER TABLE kids NO FORCE ROW LEVEL SECURITY;
