import { quoteName } from '../../../identifiers.js';
import type { Ground } from '../ground.js';
import { MARK } from '../ground.js';
import { fn, isolate, looseTable, note, PATH, parentRef, soundTable } from '../parts.js';
import { crossed, onNew, onTable, type Plant, seen } from '../plant.js';

/** A reference to the parent that leaves the tenant out. */
const reference = (g: Ground, actions = ''): string =>
  `${parentRef(g)} ALTER TABLE ${g.t} ADD COLUMN ${MARK}_ref uuid CONSTRAINT ${MARK}_fk REFERENCES ${g.p} (${MARK}_key) ${actions};`;

const crossing = (title: string, classes: readonly number[], gone: string, actions = ''): Plant => ({
  classes,
  title,
  sql: (g) => reference(g, actions),
  ...seen('fk-crosses-tenants', onTable),
  ...crossed(gone, onTable),
});

const told = crossed('existence-told', onTable);

/** A table of rows with a tenant and a reference that carries it, as far as it is filled. */
const tenantAndReference = (g: Ground, clause: string): string => `${parentRef(g)}
  ALTER TABLE ${g.p} ADD UNIQUE (${g.parentTenant}, ${MARK}_key);
  CREATE TABLE ${g.made('notes')} (${g.tenant} ${g.type} ${clause}, ref uuid, body text);
  CREATE INDEX ON ${g.made('notes')} (${g.tenant}); ${isolate(g, g.made('notes'))}
  ALTER TABLE ${g.made('notes')} ADD FOREIGN KEY (${g.tenant}, ref) REFERENCES ${g.p} (${g.parentTenant}, ${MARK}_key)`;

/** Keys and references between tenants. */
export const REFERENCE_PLANTS: readonly Plant[] = [
  crossing('a reference without the tenant', [85, 86], 'reference-crosses'),
  crossing('…that stops another tenant’s delete', [87], 'reference-crosses', 'ON DELETE RESTRICT'),
  crossing('…that deletes another tenant’s rows', [88], 'cascade-crosses', 'ON DELETE CASCADE'),
  crossing('…that empties another tenant’s column', [89], 'cascade-crosses', 'ON DELETE SET NULL'),
  {
    classes: [90],
    title: '…that gives the row to a default tenant',
    sql: (g) => `${tenantAndReference(g, `NOT NULL DEFAULT ${g.b}`)} ON DELETE SET DEFAULT;`,
    ...seen('fk-clears-tenant', onNew('notes')),
    ...crossed('cascade-crosses', onNew('notes')),
  },
  crossing('…that changes another tenant’s rows', [91], 'cascade-crosses', 'ON UPDATE CASCADE'),
  {
    classes: [92],
    title: 'a reference that is skipped where the tenant is NULL',
    sql: (g) => `${tenantAndReference(g, '')};
      ALTER POLICY ${MARK} ON ${g.made('notes')} WITH CHECK (${g.own} OR ${g.tenant} IS NULL);`,
    ...seen('fk-skipped-without-tenant', onNew('notes')),
    ...crossed('reference-crosses', onNew('notes')),
  },
  {
    classes: [93, 97],
    title: 'a unique column that leaves the tenant out',
    sql: (g) => `ALTER TABLE ${g.t} ADD COLUMN ${MARK}_email text UNIQUE;`,
    ...seen('unique-not-scoped', onTable),
    ...told,
  },
  {
    classes: [94],
    title: '…by an index on an expression',
    sql: (g) => `${note(g)} CREATE UNIQUE INDEX ON ${g.t} (lower(${MARK}_note));`,
    ...seen('unique-not-scoped', onTable),
    ...told,
  },
  {
    classes: [95],
    title: '…by an exclusion constraint',
    sql: (g) => `${note(g)} ALTER TABLE ${g.t} ADD EXCLUDE (${MARK}_note WITH =);`,
    ...seen('exclusion-not-scoped', onTable),
    ...told,
  },
  {
    classes: [96],
    title: 'a natural key for all tenants',
    sql: (
      g,
    ) => `CREATE TABLE ${g.made('codes')} (code text PRIMARY KEY, ${g.tenant} ${g.type} NOT NULL REFERENCES ${quoteName(g.root)} (${g.rootKey}));
      CREATE INDEX ON ${g.made('codes')} (${g.tenant}); ${isolate(g, g.made('codes'))}`,
    ...seen('unique-not-scoped', onNew('codes')),
    ...crossed('existence-told', onNew('codes')),
  },
  {
    classes: [98],
    title: 'a CHECK that looks into every row',
    sql: (g) => `${note(g)}
      ${fn(g, 'taken', `(name text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER ${PATH}`, `SELECT EXISTS (SELECT FROM ${g.t} AS every WHERE every.${MARK}_note = name)`)}
      ALTER TABLE ${g.t} ADD CHECK (NOT ${g.made('taken')}(${MARK}_note));`,
    ...seen('security-definer-function', () => 'selftest_taken(name text)'),
    ...told,
  },
  {
    classes: [99],
    title: 'a table without the tenant, below one that has it',
    sql: (
      g,
    ) => `${parentRef(g)} CREATE TABLE ${g.made('files')} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        ref uuid NOT NULL REFERENCES ${g.p} (${MARK}_key), body text);
      GRANT SELECT, INSERT, UPDATE, DELETE ON ${g.made('files')} TO ${g.app};`,
    ...seen('rls-disabled', onNew('files')),
    ...crossed('select-crosses', onNew('files')),
  },
  {
    classes: [100],
    title: 'the table of tenants itself is open',
    sql: ({ root, app }) =>
      `ALTER TABLE ${quoteName(root)} DISABLE ROW LEVEL SECURITY; GRANT SELECT ON ${quoteName(root)} TO ${app};`,
    ...seen('rls-disabled', ({ root }) => root.name),
    ...crossed('select-crosses', ({ root }) => root.name),
  },
  {
    classes: [101],
    title: 'a reference by type and id, without a key',
    sql: (
      g,
    ) => `CREATE TABLE ${g.made('comments')} (owner_type text NOT NULL, owner_id text NOT NULL, body text);
      GRANT SELECT, INSERT ON ${g.made('comments')} TO ${g.app};`,
    ...seen('untenanted-reachable', onNew('comments')),
  },
  {
    classes: [102],
    title: 'rows that refer to another tenant’s',
    sql: (g) => `${looseTable(g, 'parents')} ${looseTable(g, 'kids')}
      ALTER TABLE ${g.made('kids')} ADD COLUMN parent uuid REFERENCES ${g.made('parents')};
      WITH parent AS (INSERT INTO ${g.made('parents')} (${g.tenant}) VALUES (${g.a}) RETURNING id)
      INSERT INTO ${g.made('kids')} (${g.tenant}, parent) SELECT ${g.b}, id FROM parent;`,
    ...seen('tenant-mismatch', onNew('kids')),
  },
  {
    classes: [103],
    title: 'rows of a tenant that does not exist',
    sql: (g) => `${looseTable(g, 'rows')} INSERT INTO ${g.made('rows')} (${g.tenant}) VALUES (${g.a});`,
    ...seen('orphan-tenant-rows', onNew('rows')),
  },
  {
    classes: [104],
    title: 'rows without a tenant',
    sql: (g) => `${looseTable(g, 'rows', '')} INSERT INTO ${g.made('rows')} (${g.tenant}) VALUES (NULL);`,
    ...seen('null-tenant-rows', onNew('rows')),
  },
  {
    classes: [105],
    title: 'a constraint that old rows need not meet',
    sql: (g) =>
      `${note(g)} ALTER TABLE ${g.t} ADD CONSTRAINT ${MARK}_noted CHECK (${MARK}_note <> '') NOT VALID;`,
    ...seen('constraint-not-validated', onTable),
  },
  {
    classes: [106],
    title: 'one tenant is the default',
    sql: (g) =>
      `${soundTable(g, 'rows')} ALTER TABLE ${g.made('rows')} ALTER COLUMN ${g.tenant} SET DEFAULT ${g.b};
      ALTER POLICY ${MARK} ON ${g.made('rows')} WITH CHECK (true);`,
    ...seen('tenant-default-constant', onNew('rows')),
    ...crossed('insert-crosses', onNew('rows')),
  },
];
