import { quoteIdent, quoteLiteral } from '../../../identifiers.js';
import type { Ground } from '../ground.js';
import { MARK } from '../ground.js';
import { fn } from '../parts.js';
import { crossed, onApp, onNew, onParent, onTable, type Plant, seen } from '../plant.js';

/** Grants the privilege on the table to the application. */
const granted = ({ t, app }: Ground, privilege: string, more = ''): string =>
  `GRANT ${privilege} ON ${t} TO ${app}${more};`;

/** Privileges that no policy governs. */
export const GRANT_PLANTS: readonly Plant[] = [
  {
    classes: [72],
    title: 'future tables are everyone’s',
    sql: ({ table }) =>
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdent(table.owner)} GRANT SELECT ON TABLES TO PUBLIC;`,
    ...seen('default-privileges-open', ({ table }) => table.owner),
  },
  {
    classes: [73],
    title: 'a table granted to everyone',
    sql: (g) =>
      `CREATE TABLE ${g.made('copy')} (LIKE ${g.t} INCLUDING ALL); GRANT SELECT, INSERT ON ${g.made('copy')} TO PUBLIC;`,
    ...seen('public-grant', onNew('copy')),
    ...crossed('select-crosses', onNew('copy')),
  },
  {
    classes: [74],
    title: 'a privilege that the app may pass on',
    sql: (g) => granted(g, 'SELECT', ' WITH GRANT OPTION'),
    ...seen('grant-option', onTable),
    ...crossed('power-held', onTable),
  },
  {
    classes: [75],
    title: 'TRUNCATE',
    sql: (g) => granted(g, 'TRUNCATE'),
    ...seen('truncate-granted', onTable),
    ...crossed('delete-crosses', onTable),
  },
  {
    classes: [76],
    title: 'TRIGGER',
    sql: (g) => granted(g, 'TRIGGER'),
    ...seen('trigger-granted', onTable),
  },
  {
    classes: [77],
    title: 'REFERENCES',
    sql: ({ p, app }) => `GRANT REFERENCES ON ${p} TO ${app};`,
    ...seen('references-granted', onParent),
  },
  {
    classes: [78],
    title: 'the app may create in the schema',
    sql: ({ table, app }) => `GRANT CREATE ON SCHEMA ${quoteIdent(table.schema)} TO ${app};`,
    ...seen('schema-create-granted', () => ''),
    ...crossed('power-held', () => ''),
  },
  {
    classes: [79],
    title: 'a foreign table',
    sql: (
      g,
    ) => `CREATE FOREIGN DATA WRAPPER ${MARK}_wrapper; CREATE SERVER ${MARK}_server FOREIGN DATA WRAPPER ${MARK}_wrapper;
      CREATE FOREIGN TABLE ${g.made('remote')} (${g.tenant} ${g.type}, body text) SERVER ${MARK}_server;
      GRANT SELECT ON ${g.made('remote')} TO ${g.app};`,
    ...seen('foreign-table-granted', onNew('remote')),
  },
  {
    classes: [80],
    title: 'a large object that everyone reads',
    sql: () => 'SELECT lo_create(471147); GRANT SELECT ON LARGE OBJECT 471147 TO PUBLIC;',
    ...seen('large-object-granted', () => 'large objects'),
  },
  {
    classes: [81],
    title: 'a publication without a filter',
    sql: ({ t }) => `CREATE PUBLICATION ${MARK}_feed FOR TABLE ${t};`,
    ...seen('publication-unfiltered', onNew('feed')),
  },
  {
    classes: [83],
    title: 'a function that is LEAKPROOF by hand',
    sql: (g) =>
      fn(
        g,
        'shout',
        '(value text) RETURNS boolean LANGUAGE plpgsql LEAKPROOF',
        "BEGIN RAISE NOTICE '%', value; RETURN true; END",
      ),
    ...seen('function-leakproof', () => 'selftest_shout(value text)'),
  },
  {
    classes: [84],
    title: 'an event trigger that switches row level security off',
    sql: (
      g,
    ) => `CREATE FUNCTION ${g.made('on_ddl')}() RETURNS event_trigger LANGUAGE plpgsql AS $selftest$BEGIN
        IF tg_tag = 'CREATE TABLE' THEN ALTER TABLE ${g.t} DISABLE ROW LEVEL SECURITY; END IF; END$selftest$;
      CREATE EVENT TRIGGER ${MARK} ON ddl_command_end EXECUTE FUNCTION ${g.made('on_ddl')}();`,
    ...seen('event-trigger-changes-rls', () => MARK),
  },
  {
    classes: [110],
    title: 'a sequence to read and to set',
    sql: (g) =>
      `CREATE SEQUENCE ${g.made('numbers')}; GRANT SELECT, UPDATE ON SEQUENCE ${g.made('numbers')} TO ${g.app};
      ALTER TABLE ${g.t} ADD COLUMN ${MARK}_number bigint DEFAULT nextval(${quoteLiteral(g.made('numbers'))});`,
    ...seen('sequence-granted', onNew('numbers')),
    ...crossed('existence-told', onTable),
  },
  {
    classes: [111],
    title: "the texts of everyone's statements",
    sql: ({ app }) => `GRANT pg_read_all_stats TO ${app};`,
    ...seen('app-role-predefined-role', onApp),
  },
];
