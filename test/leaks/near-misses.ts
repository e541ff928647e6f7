import { quoteIdent, quoteLiteral, quoteName } from '../../src/identifiers.js';
import type { Ground } from '../../src/verifier/self-test/ground.js';
import { fn, isolate, PATH, parentRef, soundTable } from '../../src/verifier/self-test/parts.js';

/** A sound table of the class's own, and what is done with it. */
const table =
  (number: number, change: (g: Ground, t: string) => string = () => '', columns = '') =>
  (g: Ground): string =>
    `${soundTable(g, `n${number}`, columns)} ${change(g, g.made(`n${number}`))}`;

/** The table's policy with another condition; what is written is held to the tenant. */
const using = (number: number, condition: (g: Ground, t: string) => string, columns = '') =>
  table(number, (g, t) => `ALTER POLICY selftest ON ${t} USING (${condition(g, t)});`, columns);

/** The table with a further policy. */
const further = (number: number, ...clauses: ((g: Ground) => string)[]) =>
  table(number, (g, t) =>
    clauses.map((clause, index) => `CREATE POLICY more_${index} ON ${t} ${clause(g)};`).join(' '),
  );

/** A role that the application is not. */
const other = (g: Ground, number: number, attributes = ''): string =>
  `CREATE ROLE ${g.role(`n${number}`)} ${attributes};`;

const grantedToOther = (number: number, privilege: string, more = '') =>
  table(
    number,
    (g, t) => `${other(g, number)} GRANT ${privilege} ON ${t} TO ${g.role(`n${number}`)} ${more};`,
  );

/** A table that refers to the class's own with the tenant. */
const child = (number: number, actions = '', column = 'ref uuid') =>
  table(
    number,
    (g, t) => `${soundTable(g, `k${number}`, column)}
      ALTER TABLE ${g.made(`k${number}`)} ADD FOREIGN KEY (${g.tenant}, ref) REFERENCES ${t} (${g.tenant}, id) ${actions};`,
  );

const since15 = (plant: (g: Ground) => string) => (g: Ground) => (g.version < 150000 ? '' : plant(g));
const setting = (g: Ground): string => `current_setting(${quoteLiteral(g.setting ?? '')}, true)`;
const existing = (g: Ground): string =>
  `(SELECT min(${g.rootKey}::text)::${g.type} FROM ${quoteName(g.root)})`;

const definer = (g: Ground, number: number, returns: string, body: string, language = 'sql'): string =>
  fn(g, `f${number}`, `() RETURNS ${returns} LANGUAGE ${language} SECURITY DEFINER ${PATH}`, body);

const invokerTrigger = (g: Ground, number: number, t: string, body: string): string =>
  `${fn(g, `f${number}`, '() RETURNS trigger LANGUAGE plpgsql', `BEGIN ${body} RETURN NEW; END`)}
    CREATE TRIGGER selftest BEFORE INSERT ON ${t} FOR EACH ROW EXECUTE FUNCTION ${g.made(`f${number}`)}();`;

/** What looks like an instance of the class and is none. All of them are in order beside each other. */
export const NEAR_MISSES: Readonly<Record<number, (ground: Ground) => string>> = {
  1: (g) =>
    `CREATE TABLE ${g.made('n1')} (${g.tenant} ${g.type} REFERENCES ${quoteName(g.root)} (${g.rootKey}), id uuid, PRIMARY KEY (${g.tenant}, id));`,
  2: table(2),
  3: table(3, (g, t) => `${other(g, 3)} ALTER TABLE ${t} OWNER TO ${g.role('n3')};`),
  4: table(
    4,
    (g, t) => `${other(g, 4)} ALTER TABLE ${t} OWNER TO ${g.role('n4')}; GRANT ${g.app} TO ${g.role('n4')};`,
  ),
  5: (g) => other(g, 5, 'SUPERUSER'),
  6: (g) => other(g, 6, 'BYPASSRLS'),
  7: (g) => `${other(g, 7, 'BYPASSRLS')} GRANT ${g.app} TO ${g.role('n7')};`,
  8: (g) => `${other(g, 8)} GRANT ${g.role('n8')} TO ${g.app};`,
  9: (g) => `${other(g, 9, 'NOINHERIT')} GRANT ${g.role('n9')} TO ${g.app};`,
  10: table(
    10,
    (g, t) => `${other(g, 10)} GRANT SELECT ON ${t} TO ${g.role('n10')}; GRANT ${g.role('n10')} TO ${g.app};`,
  ),
  11: (g) => other(g, 11, 'CREATEROLE'),
  12: (g) => `${other(g, 12)} GRANT pg_read_server_files TO ${g.role('n12')};`,
  13: (g) => `CREATE SCHEMA selftest_n13 AUTHORIZATION ${g.app};`,
  14: table(14),
  15: since15((g) => `GRANT SET ON PARAMETER log_min_duration_statement TO ${g.app};`),
  16: further(
    16,
    () => 'USING (true)',
    (g) => `AS RESTRICTIVE USING (${g.own})`,
  ),
  17: further(
    17,
    () => 'FOR SELECT USING (true)',
    (g) => `AS RESTRICTIVE FOR SELECT USING (${g.own})`,
  ),
  18: table(18, (g, t) => `${other(g, 18)} CREATE POLICY more ON ${t} TO ${g.role('n18')} USING (true);`),
  19: table(
    19,
    (g, t) => `${other(g, 19)} GRANT ${g.app} TO ${g.role('n19')};
    CREATE POLICY more ON ${t} TO ${g.role('n19')} USING (true);`,
  ),
  20: using(20, (g) => `${g.tenant} IS NOT NULL AND ${g.own}`),
  21: using(21, (g) => `${g.own} AND (selftest_note IS NULL OR selftest_note <> '')`),
  22: using(
    22,
    (g) => `${g.own} AND (selftest_note IS NULL OR selftest_note = 'x' OR selftest_note <> 'kb')`,
  ),
  23: using(
    23,
    (g, t) =>
      `${g.own} AND EXISTS (SELECT FROM ${quoteName(g.root)} AS r WHERE r.${g.rootKey} = ${t}.${g.tenant})`,
  ),
  24: (g) => table(24, () => '', `org ${g.type}`)(g),
  25: using(25, (g) => `${g.own} AND ${g.tenant} <> ${g.b}`),
  26: using(26, (g) => `${g.own} AND session_user = ${quoteLiteral(g.appRole)}`),
  27: using(27, (g) => `${setting(g)} IS NOT NULL AND ${g.own}`),
  28: using(28, (g) => `${g.tenant} = coalesce(${g.current}, NULL)`),
  29: using(29, (g) => `(${g.tenant} <> ${g.current}) IS FALSE`),
  30: using(30, (g) => `${g.tenant} IS NOT DISTINCT FROM ${g.current}`),
  31: using(31, (g) => `${g.tenant} IS NULL OR ${g.own}`),
  32: using(32, (g) => `${g.own} AND (selftest_note IS NULL OR selftest_note LIKE '%')`),
  33: using(33, (g) => `${g.tenant}::text = ${setting(g)}`),
  34: using(34, (g) => `${g.own} AND id::text >= ''`),
  35: using(35, (g) => `${g.tenant} = ANY (ARRAY[${g.current}])`),
  36: table(36, (g, t) => `DROP POLICY selftest ON ${t}; CREATE POLICY usual ON ${t} USING (${g.own});`),
  37: table(
    37,
    (g, t) =>
      `ALTER POLICY selftest ON ${t} WITH CHECK (${g.own} AND (selftest_note IS NULL OR selftest_note <> 'no'));`,
  ),
  38: further(38, (g) => `FOR UPDATE USING (${g.own}) WITH CHECK (${g.own})`),
  39: further(39, (g) => `FOR UPDATE USING (${g.own})`),
  40: further(40, (g) => `FOR DELETE USING (${g.own})`),
  41: further(41, (g) => `FOR SELECT USING (${g.own})`),
  42: further(
    42,
    (g) => `FOR SELECT USING (${g.own})`,
    (g) => `FOR ALL USING (${g.own}) WITH CHECK (${g.own})`,
  ),
  43: further(
    43,
    () => 'FOR SELECT USING (true)',
    (g) => `AS RESTRICTIVE TO ${g.app} USING (${g.own})`,
  ),
  44: further(44, (g) => `AS RESTRICTIVE USING (${g.own})`),
  45: (g) => `${fn(g, 'f45', `() RETURNS ${g.type} LANGUAGE sql STABLE`, `SELECT ${g.current}`)}
    ${using(45, () => `${g.tenant} = (SELECT ${g.made('f45')}())`)(g)}`,
  46: using(46, (g) => `${g.own} AND now() > '2000-01-01'`),
  47: using(47, (g) => `${g.own} AND (SELECT count(*) FROM ${g.p}) >= 0`),
  48: (g) => `${fn(g, 'f48', `() RETURNS boolean LANGUAGE sql STABLE ${PATH}`, 'SELECT true')}
    ${using(48, () => `${g.own} AND ${g.made('f48')}()`)(g)}`,
  49: (
    g,
  ) => `${fn(g, 'f49', `(wanted ${g.type}) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER ${PATH}`, `SELECT wanted = ${g.current}`)}
    ${using(49, () => `${g.made('f49')}(${g.tenant})`)(g)}`,
  50: (g) => `${other(g, 50)} ALTER ROLE ${g.role('n50')} SET ${g.setting} = '1';`,
  51: () =>
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET selftest.locale = %L', current_database(), 'de'); END $$;`,
  53: using(53, (g) => `${g.tenant} = nullif(${setting(g)}, '')::${g.type}`),
  55: (g) => fn(g, 'f55', '() RETURNS text LANGUAGE sql', `SELECT set_config('selftest.locale', 'de', true)`),
  56: table(
    56,
    (g, t) => `CREATE VIEW ${g.made('v56')} WITH (security_barrier) AS SELECT * FROM ${t} WHERE ${g.own};
    GRANT SELECT ON ${g.made('v56')} TO ${g.app};`,
  ),
  57: since15(
    table(
      57,
      (g, t) => `CREATE VIEW ${g.made('v57')} WITH (security_invoker) AS SELECT * FROM ${t};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${g.made('v57')} TO ${g.app};`,
    ),
  ),
  58: since15(
    table(
      58,
      (g, t) => `CREATE VIEW ${g.made('v58')} WITH (security_invoker) AS SELECT * FROM ${t};
    CREATE VIEW ${g.made('w58')} WITH (security_invoker) AS SELECT * FROM ${g.made('v58')};
    GRANT SELECT ON ${g.made('v58')}, ${g.made('w58')} TO ${g.app};`,
    ),
  ),
  59: table(59, (g, t) => `CREATE MATERIALIZED VIEW ${g.made('m59')} AS SELECT * FROM ${t};`),
  60: table(60, (g, t) => definer(g, 60, `SETOF ${t}`, `SELECT * FROM ${t} WHERE ${g.own}`)),
  61: (g) => `${definer(g, 61, 'xml', "SELECT query_to_xml('SELECT 1', true, true, '')")}
    REVOKE EXECUTE ON FUNCTION ${g.made('f61')}() FROM PUBLIC, ${g.app};`,
  62: table(
    62,
    (g, t) => `${fn(g, 'f62', '() RETURNS text LANGUAGE sql STABLE', `SELECT count(*)::text FROM ${t}`)}
    ALTER TABLE ${t} ALTER COLUMN selftest_note SET DEFAULT ${g.made('f62')}();`,
  ),
  63: table(63, (g, t) => invokerTrigger(g, 63, t, `NEW.selftest_note := (SELECT count(*) FROM ${t});`)),
  64: table(
    64,
    (g, t) => `${soundTable(g, 'k64')}
    ${invokerTrigger(g, 64, t, `INSERT INTO ${g.made('k64')} (${g.tenant}) VALUES (NEW.${g.tenant});`)}`,
  ),
  65: table(65, (g, t) => invokerTrigger(g, 65, t, "NEW.selftest_note := 'written';")),
  66: table(
    66,
    (g, t) => `${soundTable(g, 'k66')} ${other(g, 66)}
    GRANT USAGE ON SCHEMA ${quoteIdent(g.table.schema)} TO ${g.role('n66')};
    ALTER TABLE ${t} OWNER TO ${g.role('n66')}; ALTER TABLE ${g.made('k66')} OWNER TO ${g.role('n66')};
    CREATE RULE selftest AS ON INSERT TO ${t} DO ALSO UPDATE ${g.made('k66')} SET selftest_note = 'seen';`,
  ),
  67: (g) => partitioned(g, 67),
  68: (
    g,
  ) => `${other(g, 68)} ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${g.role('n68')}; ${partitioned(g, 68)}
    ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM ${g.role('n68')};`,
  69: table(
    69,
    (g, t) =>
      `CREATE TABLE ${g.made('k69')} () INHERITS (${t}); CREATE INDEX ON ${g.made('k69')} (${g.tenant});`,
  ),
  70: table(
    70,
    (g, t) =>
      `CREATE TABLE ${g.made('k70')} (selftest_note text); ALTER TABLE ${t} INHERIT ${g.made('k70')};`,
  ),
  71: table(
    71,
    (g, t) => `CREATE TABLE ${g.made('k71')} (LIKE ${t} INCLUDING ALL); ${isolate(g, g.made('k71'))}
    ALTER TABLE ${g.made('k71')} ADD FOREIGN KEY (${g.tenant}) REFERENCES ${quoteName(g.root)} (${g.rootKey});`,
  ),
  72: (g) =>
    `${other(g, 72)} ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdent(g.table.owner)} GRANT SELECT ON TABLES TO ${g.role('n72')};`,
  73: grantedToOther(73, 'SELECT'),
  74: grantedToOther(74, 'SELECT', 'WITH GRANT OPTION'),
  75: grantedToOther(75, 'TRUNCATE'),
  76: grantedToOther(76, 'TRIGGER'),
  77: grantedToOther(77, 'REFERENCES'),
  78: (g) => `CREATE SCHEMA selftest_n78; GRANT CREATE, USAGE ON SCHEMA selftest_n78 TO ${g.app};`,
  79: (
    g,
  ) => `CREATE FOREIGN DATA WRAPPER selftest_w; CREATE SERVER selftest_s FOREIGN DATA WRAPPER selftest_w;
    CREATE FOREIGN TABLE ${g.made('n79')} (${g.tenant} ${g.type}, body text) SERVER selftest_s;`,
  80: (g) =>
    `${other(g, 80)} SELECT lo_create(471180); GRANT SELECT ON LARGE OBJECT 471180 TO ${g.role('n80')};`,
  81: since15(
    table(81, (g, t) => `CREATE PUBLICATION selftest_n81 FOR TABLE ${t} WHERE (${g.tenant} = ${g.a});`),
  ),
  82: table(82, (g, t) => `REVOKE INSERT ON ${t} FROM ${g.app}; GRANT INSERT ON ${t} TO ${g.app};`),
  83: (g) =>
    fn(
      g,
      'f83',
      '(value text) RETURNS boolean LANGUAGE plpgsql',
      "BEGIN RAISE NOTICE '%', value; RETURN true; END",
    ),
  84: (g) => `CREATE FUNCTION ${g.made('f84')}() RETURNS event_trigger LANGUAGE plpgsql
      AS $selftest$BEGIN RAISE NOTICE '%', tg_tag; END$selftest$;
    CREATE EVENT TRIGGER selftest_n84 ON sql_drop EXECUTE FUNCTION ${g.made('f84')}();`,
  85: child(85),
  86: child(86),
  87: child(87, 'ON DELETE RESTRICT'),
  88: child(88, 'ON DELETE CASCADE'),
  89: since15(child(89, 'ON DELETE SET NULL (ref)')),
  90: since15(child(90, 'ON DELETE SET DEFAULT (ref)')),
  91: child(91, 'ON UPDATE CASCADE'),
  92: child(92, 'MATCH FULL', 'ref uuid NOT NULL'),
  93: table(93, (g, t) => `ALTER TABLE ${t} ADD UNIQUE (${g.tenant}, selftest_note);`),
  94: table(
    94,
    (g, t) => `CREATE UNIQUE INDEX ON ${t} (${g.tenant}, lower(selftest_note)) WHERE selftest_note <> '';`,
  ),
  95: table(95, (g, t) => `ALTER TABLE ${t} ADD EXCLUDE (${g.tenant} WITH =, selftest_note WITH =);`),
  96: table(96, (_, t) => `ALTER TABLE ${t} ADD UNIQUE (id);`),
  97: table(97, (g, t) => `CREATE UNIQUE INDEX ON ${t} (selftest_note, ${g.tenant});`),
  98: table(
    98,
    (g, t) => `${fn(g, 'f98', '(name text) RETURNS boolean LANGUAGE sql IMMUTABLE', `SELECT name <> ''`)}
    ALTER TABLE ${t} ADD CHECK (${g.made('f98')}(selftest_note));`,
  ),
  99: (g) => `${parentRef(g)} CREATE TABLE ${g.made('n99')} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      ref uuid NOT NULL REFERENCES ${g.p} (selftest_key), body text);
    ALTER TABLE ${g.made('n99')} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY selftest ON ${g.made('n99')} USING (EXISTS (SELECT FROM ${g.p} AS p WHERE p.selftest_key = ref));
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${g.made('n99')} TO ${g.app};`,
  100: (g) =>
    `CREATE TABLE ${g.made('n100')} (id int PRIMARY KEY); ALTER TABLE ${g.made('n100')} ENABLE ROW LEVEL SECURITY;`,
  101: table(101, () => '', 'owner_type text, owner_id uuid'),
  102: (g) => `${child(102)(g)} INSERT INTO ${g.made('n102')} (${g.tenant}) VALUES (${existing(g)});
    INSERT INTO ${g.made('k102')} (${g.tenant}, ref) SELECT ${g.tenant}, id FROM ${g.made('n102')};`,
  103: table(103, (g, t) => `INSERT INTO ${t} (${g.tenant}) VALUES (${existing(g)});`),
  104: table(104, (g, t) => `INSERT INTO ${t} (${g.tenant}, selftest_note) VALUES (${existing(g)}, NULL);`),
  105: table(105, (_, t) => `ALTER TABLE ${t} ADD CHECK (selftest_note <> '');`),
  106: table(
    106,
    (g, t) => `ALTER TABLE ${t} ALTER COLUMN ${g.tenant} SET DEFAULT nullif(${setting(g)}, '')::${g.type};`,
  ),
  110: (g) => `CREATE SEQUENCE ${g.made('n110')}; GRANT USAGE ON SEQUENCE ${g.made('n110')} TO ${g.app};`,
  111: (g) => `GRANT pg_read_all_settings TO ${g.app};`,
  116: table(116, (_, t) => `ANALYZE ${t};`),
};

function partitioned(g: Ground, number: number): string {
  const [parent, part] = [g.made(`n${number}`), g.made(`k${number}`)];
  return `CREATE TABLE ${parent} (${g.tenant} ${g.type} NOT NULL REFERENCES ${quoteName(g.root)} (${g.rootKey}), at date NOT NULL)
      PARTITION BY RANGE (at);
    CREATE INDEX ON ${parent} (${g.tenant}); ${isolate(g, parent)}
    CREATE TABLE ${part} PARTITION OF ${parent} FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');`;
}
