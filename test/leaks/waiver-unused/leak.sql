-- config: {"waivers": [{"key": "rls-not-forced:\"public\".\"kid\"", "reason": "the owner is nobody's"}]}
-- expect: rls-not-forced:"public"."kids"
-- expect: waiver-unused:"rls-not-forced:""public"".""kid"""
ALTER TABLE kids NO FORCE ROW LEVEL SECURITY;
