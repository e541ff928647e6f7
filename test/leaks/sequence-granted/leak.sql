-- expect: sequence-granted:"public"."numbered_id_seq"
GRANT USAGE, SELECT, UPDATE ON SEQUENCE numbered_id_seq TO leak_app;
