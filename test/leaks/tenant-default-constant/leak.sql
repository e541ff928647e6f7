-- expect: tenant-default-constant:"public"."kids"
ALTER TABLE kids ALTER tenant_id SET DEFAULT '11111111-1111-1111-1111-111111111111';
