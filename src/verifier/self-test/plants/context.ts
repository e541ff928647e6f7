import { quoteLiteral } from '../../../identifiers.js';
import type { Ground } from '../ground.js';
import { fn, onlyPolicy } from '../parts.js';
import { crossed, onApp, onTable, type Plant, seen } from '../plant.js';

const unlessSetting = ({ setting }: Ground): string | undefined =>
  setting === undefined ? 'the context is set by SQL, and not one setting' : undefined;

/** ALTER … SET of the context's setting, for a name that only the server knows: that of this database. */
const alterHere = (g: Ground, statement: string): string =>
  `DO $$ BEGIN EXECUTE format(${quoteLiteral(`${statement} SET ${g.setting} = %L`)}, current_database(), (${g.b})::text); END $$;`;

/** Where the tenant of a session comes from. */
export const CONTEXT_PLANTS: readonly Plant[] = [
  {
    classes: [50],
    title: 'the role has a tenant by default',
    unless: unlessSetting,
    sql: (g) => alterHere(g, `ALTER ROLE ${g.app} IN DATABASE %I`),
    ...seen('context-default', ({ setting = '' }) => setting),
    ...crossed('context-default', onApp),
  },
  {
    classes: [51],
    title: 'the database has a tenant by default',
    unless: unlessSetting,
    sql: (g) => alterHere(g, 'ALTER DATABASE %I'),
    ...seen('context-default', ({ setting = '' }) => setting),
    ...crossed('context-default', onApp),
  },
  {
    classes: [53],
    title: 'an empty setting cannot be cast',
    unless: (g) =>
      unlessSetting(g) ??
      (/^(text|character)/.test(g.type) ? 'an empty text is a text like any other' : undefined),
    sql: (g) =>
      onlyPolicy(g, `${g.tenant} = current_setting(${quoteLiteral(g.setting ?? '')}, true)::${g.type}`),
    ...seen('policy-casts-empty-setting', onTable),
  },
  {
    classes: [55],
    title: 'a function sets the tenant',
    unless: unlessSetting,
    sql: (g) =>
      fn(
        g,
        'switch',
        '() RETURNS text LANGUAGE sql',
        `SELECT set_config(${quoteLiteral(g.setting ?? '')}, (${g.b})::text, true)`,
      ),
    ...seen('function-sets-tenant', () => 'selftest_switch()'),
    ...crossed('function-sets-tenant', () => 'selftest_switch()'),
  },
];
