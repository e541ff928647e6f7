-- expect: rule-bypasses-rls:"public"."parents":"copy"
ALTER TABLE parents OWNER TO leak_ops;
CREATE RULE copy AS ON INSERT TO parents DO ALSO UPDATE kids SET note = 'seen';
