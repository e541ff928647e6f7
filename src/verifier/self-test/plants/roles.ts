import { quoteIdent, quoteLiteral } from '../../../identifiers.js';
import type { Ground } from '../ground.js';
import { dropPolicies } from '../parts.js';
import { crossed, onApp, onTable, type Plant, seen } from '../plant.js';

/** The table's owner, as a role that nobody logs in as and that policies bind. */
const owned = ({ t, role }: Ground): string =>
  `CREATE ROLE ${role('owner')} NOLOGIN; ALTER TABLE ${t} OWNER TO ${role('owner')};`;

/** A role that finds its way into the table's schema. */
const entrusted = ({ table, role }: Ground, name: string): string =>
  `GRANT USAGE ON SCHEMA ${quoteIdent(table.schema)} TO ${role(name)};`;

/** Who the application's role is, and what it owns. */
export const ROLE_PLANTS: readonly Plant[] = [
  {
    classes: [1, 82, 116],
    title: 'row level security off, no policy',
    sql: (g) => `${dropPolicies(g)} ALTER TABLE ${g.t} DISABLE ROW LEVEL SECURITY;`,
    ...seen('rls-disabled', onTable),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [2],
    title: 'policies exist, and are switched off',
    sql: ({ t }) => `ALTER TABLE ${t} DISABLE ROW LEVEL SECURITY;`,
    ...seen('rls-disabled', onTable),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [3],
    title: 'the app owns the table, and is not bound',
    sql: ({ t, app }) => `ALTER TABLE ${t} NO FORCE ROW LEVEL SECURITY; ALTER TABLE ${t} OWNER TO ${app};`,
    ...seen('rls-not-forced', onTable),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [4],
    title: 'the app owns the table, so it can change the policies',
    sql: ({ t, app }) => `ALTER TABLE ${t} OWNER TO ${app};`,
    ...seen('app-role-owns-table', onTable),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [5],
    title: 'the app is a superuser',
    sql: ({ app }) => `ALTER ROLE ${app} SUPERUSER;`,
    ...seen('app-role-superuser', onApp),
    login: 'unbound',
    undo: ({ app }) => `ALTER ROLE ${app} NOSUPERUSER;`,
  },
  {
    classes: [6],
    title: 'the app has BYPASSRLS',
    sql: ({ app }) => `ALTER ROLE ${app} BYPASSRLS;`,
    ...seen('app-role-bypassrls', onApp),
    login: 'unbound',
    undo: ({ app }) => `ALTER ROLE ${app} NOBYPASSRLS;`,
  },
  {
    classes: [7],
    title: 'SET ROLE to a role with BYPASSRLS',
    sql: (g) => `CREATE ROLE ${g.role('ops')} BYPASSRLS; GRANT ${g.role('ops')} TO ${g.app};
      ${entrusted(g, 'ops')} GRANT SELECT ON ${g.t} TO ${g.role('ops')};`,
    ...seen('app-role-can-bypass', onApp),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [8],
    title: 'member of an owner that is not bound',
    sql: (g) =>
      `${owned(g)} ALTER TABLE ${g.t} NO FORCE ROW LEVEL SECURITY; GRANT ${g.role('owner')} TO ${g.app};`,
    ...seen('rls-not-forced', onTable),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [9],
    title: 'the same by SET ROLE only (NOINHERIT)',
    sql: (g) => `${owned(g)} ALTER TABLE ${g.t} NO FORCE ROW LEVEL SECURITY;
      ALTER ROLE ${g.app} NOINHERIT; GRANT ${g.role('owner')} TO ${g.app}; ${entrusted(g, 'owner')}`,
    ...seen('rls-not-forced', onTable),
    ...crossed('select-crosses', onTable),
    undo: ({ app }) => `ALTER ROLE ${app} INHERIT;`,
  },
  {
    classes: [10],
    title: 'member of an owner that is bound, and can unbind itself',
    sql: (g) => `${owned(g)} GRANT ${g.role('owner')} TO ${g.app};`,
    ...seen('app-role-in-owner', onApp),
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [11],
    title: 'the app may make roles',
    sql: ({ app }) => `ALTER ROLE ${app} CREATEROLE;`,
    ...seen('app-role-createrole', onApp),
    ...crossed('power-held', onApp),
    undo: ({ app }) => `ALTER ROLE ${app} NOCREATEROLE;`,
  },
  {
    classes: [12],
    title: 'the app reads files of the server',
    sql: ({ app }) => `GRANT pg_read_server_files TO ${app};`,
    ...seen('app-role-predefined-role', onApp),
  },
  {
    classes: [13],
    title: 'the app owns the schema',
    sql: ({ table, app }) => `ALTER SCHEMA ${quoteIdent(table.schema)} OWNER TO ${app};`,
    ...seen('app-role-owns-schema', () => ''),
    ...crossed('power-held', () => ''),
  },
  {
    classes: [13],
    title: 'the app owns the database',
    sql: ({ appRole }) =>
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), ${quoteLiteral(appRole)}); END $$;`,
    ...seen('app-role-owns-database', onApp),
  },
  {
    classes: [14],
    title: 'another role is deployed than the one that is audited',
    sql: () => '',
    login: 'another',
  },
  {
    classes: [15],
    title: 'the app may switch off triggers and foreign keys',
    since: 150000,
    sql: ({ app }) => `GRANT SET ON PARAMETER session_replication_role TO ${app};`,
    ...seen('parameter-granted', () => 'session_replication_role'),
    ...crossed('power-held', () => 'session_replication_role'),
    undo: ({ app }) => `REVOKE SET ON PARAMETER session_replication_role FROM ${app};`,
  },
];
