import type pg from 'pg';

/** Namespaces of the server itself, and of bookkeeping that no migration makes. */
const NAMESPACES = `SELECT oid FROM pg_namespace
  WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'tenantctl')`;

/** Objects that belong to an extension come and go with it. */
const NOT_IN_EXTENSION = (catalog: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = o.oid AND e.deptype = 'e')`;

const RELATIONS = `o.relnamespace IN (${NAMESPACES}) AND ${NOT_IN_EXTENSION('pg_class')}
  AND o.relname NOT LIKE 'knex\\_migrations%'`;

/** Privileges in one order, the implicit ones spelled out: a GRANT that was revoked leaves no trace. */
const ACL = (acl: string, type: string, owner: string): string =>
  `(SELECT array_agg(x::text ORDER BY x::text) FROM unnest(coalesce(${acl}, acldefault(${type}, ${owner}))) x)`;

/** One query for each kind of object; every row is one line of text, without OIDs. */
const QUERIES: readonly string[] = [
  `SELECT format('schema %I owner %s acl %s', nspname, pg_get_userbyid(nspowner),
     ${ACL('nspacl', "'n'", 'nspowner')})
   FROM pg_namespace WHERE oid IN (${NAMESPACES})`,
  `SELECT format('extension %I in %I', extname, nspname)
   FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace`,
  `SELECT format('relation %s kind %s owner %s rls %s force %s persistence %s options %s acl %s partition %s of %s',
     o.oid::regclass, relkind, pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity, relpersistence,
     reloptions, ${ACL('relacl', "CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\"", 'relowner')}, pg_get_expr(relpartbound, o.oid),
     (SELECT array_agg(inhparent::regclass::text ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = o.oid))
   FROM pg_class o WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${RELATIONS}`,
  `SELECT format('column %s %s %I %s not null %s default %s identity %s generated %s collation %s acl %s',
     o.oid::regclass, row_number() OVER (PARTITION BY o.oid ORDER BY attnum), attname,
     format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated,
     nullif(attcollation, 0)::regcollation, ${ACL('attacl', "'c'", 'relowner')})
   FROM pg_class o JOIN pg_attribute a ON a.attrelid = o.oid AND attnum > 0 AND NOT attisdropped
   LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
   WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND ${RELATIONS}`,
  `SELECT format('constraint %s %I %s validated %s', o.oid::regclass, conname, pg_get_constraintdef(c.oid), convalidated)
   FROM pg_constraint c JOIN pg_class o ON o.oid = c.conrelid WHERE ${RELATIONS}`,
  `SELECT format('index %s valid %s replica identity %s', pg_get_indexdef(i.indexrelid), indisvalid, indisreplident)
   FROM pg_index i JOIN pg_class o ON o.oid = i.indexrelid WHERE ${RELATIONS}`,
  `SELECT format('trigger %s enabled %s', pg_get_triggerdef(t.oid), tgenabled)
   FROM pg_trigger t JOIN pg_class o ON o.oid = t.tgrelid WHERE NOT tgisinternal AND ${RELATIONS}`,
  `SELECT format('policy %I on %s permissive %s command %s roles %s using %s check %s', polname, o.oid::regclass,
     polpermissive, polcmd, (SELECT array_agg(r::regrole::text ORDER BY r::regrole::text) FROM unnest(polroles) r),
     pg_get_expr(polqual, o.oid), pg_get_expr(polwithcheck, o.oid))
   FROM pg_policy p JOIN pg_class o ON o.oid = p.polrelid WHERE ${RELATIONS}`,
  `SELECT format('view %s %s', o.oid::regclass, pg_get_viewdef(o.oid))
   FROM pg_class o WHERE relkind IN ('v', 'm') AND ${RELATIONS}`,
  `SELECT format('sequence %s type %s start %s by %s min %s max %s cache %s cycle %s', o.oid::regclass,
     seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
   FROM pg_sequence s JOIN pg_class o ON o.oid = s.seqrelid WHERE ${RELATIONS}`,
  `SELECT format('function %s owner %s acl %s %s', o.oid::regprocedure, pg_get_userbyid(proowner), ${ACL('proacl', "'f'", 'proowner')},
     CASE WHEN prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(o.oid) END)
   FROM pg_proc o WHERE pronamespace IN (${NAMESPACES}) AND ${NOT_IN_EXTENSION('pg_proc')}`,
  `SELECT format('type %s kind %s owner %s acl %s base %s default %s labels %s checks %s', o.oid::regtype, typtype,
     pg_get_userbyid(typowner), ${ACL('typacl', "'T'", 'typowner')}, nullif(typbasetype, 0)::regtype, typdefault,
     (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = o.oid),
     (SELECT array_agg(pg_get_constraintdef(c.oid) ORDER BY conname) FROM pg_constraint c WHERE contypid = o.oid))
   FROM pg_type o WHERE typtype IN ('e', 'd', 'r', 'c') AND typnamespace IN (${NAMESPACES})
     AND ${NOT_IN_EXTENSION('pg_type')}
     AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = o.typrelid AND c.relkind <> 'c')`,
  `SELECT format('default privileges of %s in %s on %s acl %s', pg_get_userbyid(defaclrole),
     nullif(defaclnamespace, 0)::regnamespace, defaclobjtype, defaclacl) FROM pg_default_acl`,
  `SELECT format('comment on %s %s: %s', a.type, a.identity, description)
   FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) a
   WHERE a.schema IN (SELECT nspname FROM pg_namespace WHERE oid IN (${NAMESPACES}))
     OR (a.type = 'schema' AND a.identity <> 'tenantctl')`,
];

/**
 * Describes everything that migrations make in a database, as sorted lines: two databases with equal text have equal
 * schemas. Column positions are counted without the columns that were dropped; knex's own tables are left out.
 */
export async function describeSchema(client: pg.ClientBase): Promise<string> {
  const lines: string[] = [];
  // Names are then written with their schema, whatever the database's own search path.
  const { rows } = await client.query<{ path: string }>("SELECT current_setting('search_path') AS path");
  await client.query("SELECT set_config('search_path', '', false)");
  for (const text of QUERIES) {
    const result = await client.query<[string]>({ text, rowMode: 'array' });
    lines.push(...result.rows.map(([line]) => line).sort());
  }
  await client.query("SELECT set_config('search_path', $1, false)", [rows[0]?.path]);
  return `${lines.join('\n')}\n`;
}
