import { quoteLiteral } from '../../../identifiers.js';
import type { Ground } from '../ground.js';
import { dropPolicies, fn, looseTable, note, onlyPolicy, PATH, policy } from '../parts.js';
import { crossed, onNew, onTable, type Plant, seen } from '../plant.js';

const read = crossed('select-crosses', onTable);
const open = crossed('context-crosses', onTable);

/** The setting as text; the plant is for contexts that are one. */
const text = ({ setting = '' }: Ground): string => `current_setting(${quoteLiteral(setting)}, true)`;
const unlessSetting = ({ setting }: Ground): string | undefined =>
  setting === undefined ? 'the context is set by SQL, and not one setting' : undefined;

/** Scoped for SELECT and INSERT; the rest is the plant's. */
const scopedReads = (g: Ground): string =>
  `${dropPolicies(g)} ${policy(g, 'read', `FOR SELECT USING (${g.own})`)} ${policy(g, 'add', `FOR INSERT WITH CHECK (${g.own})`)}`;

/** What a policy says, and what it fails to say. */
export const POLICY_PLANTS: readonly Plant[] = [
  {
    classes: [16],
    title: 'USING (true)',
    sql: (g) => onlyPolicy(g, 'true'),
    ...seen('policy-always-true', onTable),
    ...read,
  },
  {
    classes: [17],
    title: 'a further permissive policy for everyone',
    sql: (g) => onlyPolicy(g, g.own) + policy(g, 'more', 'FOR SELECT USING (true)'),
    ...seen('policy-always-true', onTable),
    ...read,
  },
  {
    classes: [18],
    title: 'a further policy for the app alone',
    sql: (g) => onlyPolicy(g, g.own) + policy(g, 'more', `TO ${g.app} USING (true)`),
    ...seen('policy-always-true', onTable),
    ...read,
  },
  {
    classes: [19],
    title: 'a policy for a role that the app inherits',
    sql: (g) => `CREATE ROLE ${g.role('team')}; GRANT ${g.role('team')} TO ${g.app};
      ${onlyPolicy(g, g.own)} ${policy(g, 'more', `TO ${g.role('team')} USING (true)`)}`,
    ...seen('policy-always-true', onTable),
    ...read,
  },
  {
    classes: [20],
    title: 'a tautology in disguise',
    sql: (g) => onlyPolicy(g, `${g.tenant} IS NOT NULL`),
    ...seen('policy-always-true', onTable),
    ...read,
  },
  {
    classes: [21],
    title: 'an OR that widens',
    sql: (g) => note(g) + onlyPolicy(g, `${g.own} OR selftest_note IS NULL`),
    ...seen('policy-ignores-tenant', onTable),
    ...read,
  },
  {
    classes: [22],
    title: 'AND binds tighter than OR',
    sql: (g) => note(g) + onlyPolicy(g, `${g.own} AND selftest_note = 'x' OR selftest_note = 'kb'`),
    ...seen('policy-ignores-tenant', onTable),
    ...read,
  },
  {
    classes: [23],
    title: 'a subquery that compares with itself',
    unless: ({ tenant, parentTenant, table, parent }) =>
      parent === table || tenant !== parentTenant
        ? 'no second table with a tenant column of that name'
        : undefined,
    sql: (g) => onlyPolicy(g, `EXISTS (SELECT FROM ${g.p} AS other WHERE other.${g.tenant} = ${g.tenant})`),
    ...seen('policy-ignores-tenant', onTable),
    ...read,
  },
  {
    classes: [24],
    title: 'the tenant is looked for in another column',
    sql: (g) => `ALTER TABLE ${g.t} ADD COLUMN selftest_org ${g.type};
      ${onlyPolicy(g, `selftest_org = ${g.current}`)}`,
    ...seen('policy-ignores-tenant', onTable),
    ...read,
  },
  {
    classes: [25],
    title: 'one tenant by name',
    sql: (g) => `${loose(g)} INSERT INTO ${g.made('loose')} (${g.tenant}) VALUES (${g.b});
      ALTER POLICY selftest ON ${g.made('loose')} USING (${g.tenant} = ${g.b});`,
    ...seen('policy-ignores-tenant', onNew('loose')),
    ...crossed('select-crosses', onNew('loose')),
  },
  {
    classes: [26],
    title: 'the shared role as identity',
    sql: (g) => onlyPolicy(g, `session_user = ${quoteLiteral(g.appRole)}`),
    ...seen('policy-always-true', onTable),
    ...read,
  },
  {
    classes: [27],
    title: 'open where the tenant was never set',
    unless: unlessSetting,
    sql: (g) => onlyPolicy(g, `${text(g)} IS NULL OR ${g.own}`),
    ...seen('policy-fails-open', onTable),
    ...open,
  },
  {
    classes: [28],
    title: 'coalesce to the row itself',
    unless: unlessSetting,
    sql: (g) => onlyPolicy(g, `${g.tenant} = coalesce(${g.current}, ${g.tenant})`),
    ...seen('policy-fails-open', onTable),
    ...open,
  },
  {
    classes: [29],
    title: 'a negation that takes NULL for a match',
    unless: unlessSetting,
    sql: (g) => onlyPolicy(g, `(${g.tenant} <> ${g.current}) IS NOT TRUE`),
    ...seen('policy-fails-open', onTable),
    ...open,
  },
  {
    classes: [30],
    title: 'rows without a tenant, open where none is set',
    unless: unlessSetting,
    sql: (g) => `${loose(g)} INSERT INTO ${g.made('loose')} (${g.tenant}) VALUES (NULL);
      ALTER POLICY selftest ON ${g.made('loose')} USING (${g.tenant} IS NOT DISTINCT FROM ${g.current});`,
    ...seen('policy-admits-null-tenant', onNew('loose')),
    ...crossed('context-crosses', onNew('loose')),
  },
  {
    classes: [31],
    title: 'rows without a tenant are everyone’s',
    sql: (g) => `${loose(g)} INSERT INTO ${g.made('loose')} (${g.tenant}) VALUES (NULL);
      ALTER POLICY selftest ON ${g.made('loose')} USING (${g.tenant} IS NULL OR ${g.own});`,
    ...seen('policy-admits-null-tenant', onNew('loose')),
    ...crossed('context-crosses', onNew('loose')),
  },
  {
    classes: [32],
    title: 'compared by LIKE',
    unless: unlessSetting,
    sql: (g) => onlyPolicy(g, `${g.tenant}::text LIKE ${text(g)}`),
    ...seen('policy-compares-loosely', onTable),
    ...open,
  },
  {
    classes: [33],
    title: 'compared after a cast that loses',
    unless: unlessSetting,
    sql: (g) => onlyPolicy(g, `${g.tenant}::text::char(1) = ${text(g)}::char(1)`),
    ...seen('policy-compares-loosely', onTable),
    ...read,
  },
  {
    classes: [34],
    title: 'compared by range',
    unless: unlessSetting,
    sql: (g) => onlyPolicy(g, `${g.tenant}::text >= ${text(g)}`),
    ...seen('policy-ignores-tenant', onTable),
    ...read,
  },
  {
    classes: [35],
    title: 'a list cut out of the setting',
    unless: unlessSetting,
    sql: (g) => onlyPolicy(g, `${g.tenant}::text = ANY (string_to_array(${text(g)}, ','))`),
    ...seen('policy-compares-loosely', onTable),
  },
  {
    classes: [36],
    title: 'WITH CHECK (true)',
    sql: (g) => onlyPolicy(g, g.own, 'true'),
    ...seen('with-check-open', onTable),
    ...crossed('insert-crosses', onTable),
  },
  {
    classes: [37],
    title: 'WITH CHECK of another column',
    sql: (g) => `ALTER TABLE ${g.t} ADD COLUMN selftest_note text DEFAULT 'x';
      ${onlyPolicy(g, g.own, 'selftest_note IS NOT NULL')}`,
    ...seen('with-check-open', onTable),
    ...crossed('insert-crosses', onTable),
  },
  {
    classes: [38],
    title: 'a row may be moved to another tenant',
    sql: (g) => `${scopedReads(g)} ${policy(g, 'change', `FOR UPDATE USING (${g.own}) WITH CHECK (true)`)}`,
    ...seen('with-check-open', onTable),
    ...crossed('move-crosses', onTable),
  },
  {
    classes: [39],
    title: 'UPDATE open behind a SELECT that is not',
    sql: (g) => `${scopedReads(g)} ${policy(g, 'change', 'FOR UPDATE USING (true)')}`,
    ...seen('policy-always-true', onTable),
    ...crossed('update-crosses', onTable),
  },
  {
    classes: [40],
    title: 'DELETE open behind a SELECT that is not',
    sql: (g) => `${scopedReads(g)} ${policy(g, 'remove', 'FOR DELETE USING (true)')}`,
    ...seen('policy-always-true', onTable),
    ...crossed('delete-crosses', onTable),
  },
  {
    classes: [41],
    title: 'SELECT open, writes scoped',
    sql: (g) => `${dropPolicies(g)} ${policy(g, 'read', 'FOR SELECT USING (true)')}
      ${policy(g, 'add', `FOR INSERT WITH CHECK (${g.own})`)} ${policy(g, 'change', `FOR UPDATE USING (${g.own})`)}`,
    ...seen('policy-always-true', onTable),
    ...read,
  },
  {
    classes: [42],
    title: 'FOR ALL open beside a SELECT that is not',
    sql: (g) => `${scopedReads(g)} ${policy(g, 'all', `USING (true) WITH CHECK (${g.own})`)}`,
    ...seen('policy-always-true', onTable),
    ...crossed('delete-crosses', onTable),
  },
  {
    classes: [43],
    title: 'a restrictive floor for another role',
    sql: (g) => `CREATE ROLE ${g.role('ops')}; ${onlyPolicy(g, 'true')}
      ${policy(g, 'floor', `AS RESTRICTIVE TO ${g.role('ops')} USING (${g.own})`)}`,
    ...seen('policy-always-true', onTable),
    ...read,
  },
  {
    classes: [44],
    title: 'a restrictive policy that restricts nothing',
    sql: (g) => `${onlyPolicy(g, 'true')} ${policy(g, 'floor', 'AS RESTRICTIVE USING (true)')}`,
    ...seen('restrictive-policy-always-true', onTable),
    ...read,
  },
  {
    classes: [45],
    title: 'an IMMUTABLE function: the plan keeps the tenant',
    sql: (g) => `${fn(g, 'tenant', `() RETURNS ${g.type} LANGUAGE sql IMMUTABLE`, `SELECT ${g.current}`)}
      ${onlyPolicy(g, `${g.tenant} = ${g.made('tenant')}()`)}`,
    ...seen('policy-function-immutable', () => 'selftest_tenant()'),
    ...crossed('plan-crosses', onTable),
  },
  {
    classes: [46],
    title: 'chance decides',
    sql: (g) => onlyPolicy(g, 'random() < 2'),
    ...seen('policy-calls-volatile', onTable),
    ...read,
  },
  {
    classes: [47],
    title: 'the policy trusts a table that the app fills',
    sql: (g) => `CREATE TABLE ${g.made('members')} (${g.tenant} ${g.type}, login text);
      GRANT SELECT, INSERT ON ${g.made('members')} TO ${g.app};
      ${onlyPolicy(g, `${g.tenant} IN (SELECT m.${g.tenant} FROM ${g.made('members')} AS m)`)}`,
    ...seen('policy-reads-writable-table', onTable),
  },
  {
    classes: [48],
    title: 'a helper whose table a temporary one stands in for',
    sql: (g) => `CREATE TABLE ${g.made('config')} (open boolean);
      ${fn(g, 'open', '() RETURNS boolean LANGUAGE plpgsql STABLE', 'BEGIN RETURN EXISTS (SELECT FROM selftest_config WHERE open); END')}
      ${onlyPolicy(g, `${g.own} AND ${g.made('open')}()`)}`,
    ...seen('function-search-path', () => 'selftest_open()'),
  },
  {
    classes: [49],
    title: 'a helper that does not look at its argument',
    sql: (
      g,
    ) => `${fn(g, 'may_see', `(wanted ${g.type}) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER ${PATH}`, 'SELECT true')}
      ${onlyPolicy(g, `${g.made('may_see')}(${g.tenant})`)}`,
    ...read,
  },
];

/** A table in which rows need no tenant. */
const loose = (g: Ground): string => looseTable(g, 'loose', '');
