-- expect: large-object-granted:"large objects":"public"
SELECT lo_create(4711);
GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC;
