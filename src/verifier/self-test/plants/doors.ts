import { quoteIdent } from '../../../identifiers.js';
import type { Ground } from '../ground.js';
import { allRows, fn, isolate, looseTable, note, PATH } from '../parts.js';
import { crossed, onNew, onParent, onTable, type Plant, seen } from '../plant.js';

const view = (g: Ground, privileges: string): string =>
  `CREATE VIEW ${g.made('view')} AS SELECT * FROM ${g.t}; GRANT ${privileges} ON ${g.made('view')} TO ${g.app};`;

const DEFINER = `SECURITY DEFINER ${PATH}`;

/** A trigger function that runs as its owner, on a table. */
const trigger = (g: Ground, when: string, table: string, body: string): string =>
  `${fn(g, 'on_write', `() RETURNS trigger LANGUAGE plpgsql ${DEFINER}`, `BEGIN ${body} RETURN NEW; END`)}
    CREATE TRIGGER selftest ${when} INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${g.made('on_write')}();`;

/** Ways around the policies: what runs as somebody else. */
export const DOOR_PLANTS: readonly Plant[] = [
  {
    classes: [56],
    title: 'a view of an owner whom no policy binds',
    sql: (g) => view(g, 'SELECT'),
    ...seen('view-bypasses-rls', onNew('view')),
    ...crossed('select-crosses', onNew('view')),
  },
  {
    classes: [57],
    title: 'the same view, to write through',
    sql: (g) => view(g, 'ALL'),
    ...seen('view-bypasses-rls', onNew('view')),
    ...crossed('update-crosses', onNew('view')),
  },
  {
    classes: [58],
    title: "an invoker's view over it",
    since: 150000,
    sql: (
      g,
    ) => `${view(g, 'SELECT')} CREATE VIEW ${g.made('outer')} WITH (security_invoker) AS SELECT * FROM ${g.made('view')};
      GRANT SELECT ON ${g.made('outer')} TO ${g.app};`,
    ...seen('view-bypasses-rls', onNew('view')),
    ...crossed('select-crosses', onNew('outer')),
  },
  {
    classes: [59],
    title: 'a materialized view',
    sql: (
      g,
    ) => `${looseTable(g, 'rows')} INSERT INTO ${g.made('rows')} (${g.tenant}) VALUES (${g.a}), (${g.b});
      CREATE MATERIALIZED VIEW ${g.made('copy')} AS SELECT * FROM ${g.made('rows')}; GRANT SELECT ON ${g.made('copy')} TO ${g.app};`,
    ...seen('materialized-view-granted', onNew('copy')),
    ...crossed('context-crosses', onNew('copy')),
  },
  {
    classes: [60],
    title: 'a SECURITY DEFINER function',
    sql: (g) =>
      fn(g, 'all', `() RETURNS SETOF ${g.t} LANGUAGE sql STABLE ${DEFINER}`, `SELECT * FROM ${g.t}`),
    ...seen('security-definer-function', () => 'selftest_all()'),
    ...crossed('function-crosses', () => 'selftest_all()'),
  },
  {
    classes: [61],
    title: 'a SECURITY DEFINER function that runs any text',
    sql: (g) =>
      fn(
        g,
        'run',
        `(query text) RETURNS xml LANGUAGE sql ${DEFINER}`,
        "SELECT query_to_xml(query, true, true, '')",
      ),
    ...seen('security-definer-function', () => 'selftest_run(query text)'),
    ...crossed('function-crosses', () => 'selftest_run(query text)'),
  },
  {
    classes: [62],
    title: 'a default that calls one',
    sql: (
      g,
    ) => `${note(g)} ${fn(g, 'all', `() RETURNS text LANGUAGE sql STABLE ${DEFINER}`, `SELECT ${allRows(g)}`)}
      ALTER TABLE ${g.t} ALTER COLUMN selftest_note SET DEFAULT ${g.made('all')}();`,
    ...seen('security-definer-function', () => 'selftest_all()'),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [63],
    title: "a trigger that copies others' rows",
    sql: (g) => `${note(g)} ${trigger(g, 'BEFORE', g.t, `NEW.selftest_note := ${allRows(g)};`)}`,
    ...seen('security-definer-function', () => 'selftest_on_write()'),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [64],
    title: 'a trigger that writes for another tenant',
    sql: (g) => `${looseTable(g, 'rows')}
      ${trigger(g, 'AFTER', g.t, `INSERT INTO ${g.made('rows')} (${g.tenant}) VALUES (${g.b});`)}`,
    ...seen('security-definer-function', () => 'selftest_on_write()'),
    ...crossed('effect-crosses', onTable),
  },
  {
    classes: [65],
    title: 'a trigger that gives the row away',
    sql: (g) => `${looseTable(g, 'rows')} ALTER POLICY selftest ON ${g.made('rows')} WITH CHECK (true);
      ${trigger(g, 'BEFORE', g.made('rows'), `NEW.${g.tenant} := ${g.b};`)}`,
    ...seen('with-check-open', onNew('rows')),
    ...crossed('effect-crosses', onNew('rows')),
  },
  {
    classes: [66],
    title: 'a rule that runs as an owner whom no policy binds',
    unless: ({ table, parent }) => (parent === table ? 'no second table of tenants' : undefined),
    sql: (
      g,
    ) => `${note(g)} CREATE ROLE ${g.role('ops')} BYPASSRLS; ALTER TABLE ${g.p} OWNER TO ${g.role('ops')};
      GRANT USAGE ON SCHEMA ${quoteIdent(g.table.schema)} TO ${g.role('ops')}; GRANT UPDATE ON ${g.t} TO ${g.role('ops')};
      CREATE RULE selftest AS ON INSERT TO ${g.p} DO ALSO UPDATE ${g.t} SET selftest_note = 'seen';`,
    ...seen('rule-bypasses-rls', onParent),
    ...crossed('effect-crosses', onParent),
  },
  {
    classes: [67],
    title: 'a partition that can be named',
    sql: (g) => `${partitioned(g)} GRANT SELECT ON ${g.made('part')} TO ${g.app};`,
    ...seen('child-without-rls', onNew('part')),
    ...crossed('select-crosses', onNew('part')),
  },
  {
    classes: [68],
    title: 'a later partition, open by default privileges',
    sql: (g) => `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${g.app}; ${partitioned(g)}`,
    ...seen('child-without-rls', onNew('part')),
    ...crossed('select-crosses', onNew('part')),
  },
  {
    classes: [69],
    title: 'a table that inherits',
    sql: (g) =>
      `CREATE TABLE ${g.made('child')} () INHERITS (${g.t}); GRANT SELECT, INSERT ON ${g.made('child')} TO ${g.app};`,
    ...seen('child-without-rls', onNew('child')),
    ...crossed('select-crosses', onNew('child')),
  },
  {
    classes: [70],
    title: 'a table to inherit from',
    sql: (
      g,
    ) => `${note(g)} CREATE TABLE ${g.made('base')} (selftest_note text); ALTER TABLE ${g.t} INHERIT ${g.made('base')};
      GRANT SELECT ON ${g.made('base')} TO ${g.app};`,
    ...seen('parent-without-rls', onNew('base')),
    ...crossed('select-crosses', onNew('base')),
  },
  {
    classes: [71],
    title: 'a copy of the table, without its policies',
    sql: (g) =>
      `CREATE TABLE ${g.made('copy')} (LIKE ${g.t} INCLUDING ALL); GRANT SELECT, INSERT ON ${g.made('copy')} TO ${g.app};`,
    ...seen('rls-disabled', onNew('copy')),
    ...crossed('select-crosses', onNew('copy')),
  },
];

const partitioned = (g: Ground): string =>
  `CREATE TABLE ${g.made('events')} (${g.tenant} ${g.type} NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE INDEX ON ${g.made('events')} (${g.tenant}); ${isolate(g, g.made('events'))}
    CREATE TABLE ${g.made('part')} PARTITION OF ${g.made('events')} FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');`;
