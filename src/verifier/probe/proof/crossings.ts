import type { CheckInfo } from '../../check.js';

const crossing = (
  id: string,
  title: string,
  explanation: string,
  severity: CheckInfo['severity'] = 'error',
) => ({
  ...{ id, family: 'probe' as const, title, severity, explanation },
});

/** What the live probe can find. Its evidence is a statement that went through, not a reading of the policies. */
export const CROSSINGS = {
  select: crossing(
    'probe-select-crosses',
    'A tenant reads rows of another',
    'Through the app’s own login, in the context of one tenant, a SELECT returned a row of another tenant, a view changed ' +
      'when such a row was added below it, or a default or a trigger put a value of it into the tenant’s own new row. Whatever the policies say, this is what the application can do. The other ' +
      'findings about the same relation usually name the reason.',
  ),
  plan: crossing(
    'probe-plan-crosses',
    'A prepared statement shows the rows of the tenant before',
    'One prepared statement was run as one tenant and then as another, and still returned the first one’s rows. A function ' +
      'declared IMMUTABLE in a policy is computed when the statement is planned, and a pooled connection uses the plan again.',
  ),
  insert: crossing(
    'probe-insert-crosses',
    'A tenant adds rows to another',
    'Through the app’s own login, in the context of one tenant, an INSERT of a row that belongs to another tenant went ' +
      'through. WITH CHECK does not compare the row’s tenant with the context.',
  ),
  update: crossing(
    'probe-update-crosses',
    'A tenant changes rows of another',
    'Through the app’s own login, in the context of one tenant, an UPDATE changed a row of another tenant, as seen ' +
      'afterwards in that tenant’s own context. An UPDATE without conditions does not pass the SELECT policies, so a ' +
      'policy for UPDATE must compare the tenant by itself.',
  ),
  delete: crossing(
    'probe-delete-crosses',
    'A tenant deletes rows of another',
    'Through the app’s own login, in the context of one tenant, a DELETE removed a row of another tenant, as seen ' +
      'afterwards in that tenant’s own context. A DELETE without conditions does not pass the SELECT policies, so a ' +
      'policy for DELETE must compare the tenant by itself.',
  ),
  move: crossing(
    'probe-move-crosses',
    'A tenant moves its rows to another',
    'Through the app’s own login, in the context of one tenant, an UPDATE gave a row to another tenant. WITH CHECK ' +
      'does not compare the row’s new tenant with the context.',
  ),
  existence: crossing(
    'probe-existence-told',
    'A tenant is told what another one has',
    'Through the app’s own login, a row that was taken from one tenant was refused, or skipped by ON CONFLICT DO NOTHING, ' +
      'once another tenant had one like it. Unique keys, exclusion constraints and CHECK constraints that look into other ' +
      'rows see through policies; with the tenant as a part of the key they compare within it. Where only its makers know what ' +
      'is compared (a text primary key), it is a remark (info).',
  ),
  reference: crossing(
    'probe-reference-crosses',
    'A row of one tenant refers to another’s',
    'Through the app’s own login, in the context of one tenant, a row was made to refer to a row of another. Foreign keys are ' +
      'checked without policies: that it goes through tells that the row exists, and the other tenant is then kept from ' +
      'deleting it. A foreign key that carries the tenant cannot lead there, save where it may be NULL and the key is skipped.',
  ),
  cascade: crossing(
    'probe-cascade-crosses',
    'Changing a row changes rows of another tenant',
    'Through the app’s own login, a tenant deleted a row of its own, or changed its key, and a row of another tenant went or ' +
      'changed with it, or one of its own came to be another’s. ON DELETE and ON UPDATE actions run without policies. A foreign ' +
      'key that carries the tenant, and sets no tenant column, cannot do that.',
  ),
  effect: crossing(
    'probe-effect-crosses',
    'A tenant’s own write writes to another tenant',
    'Through the app’s own login, a tenant added, changed or deleted a row of its own, and rows of another tenant came, went or ' +
      'changed with it, as seen in that tenant’s own context. Triggers that are SECURITY DEFINER, and rules, run as an owner ' +
      'whom policies may not bind, and must name the tenant themselves.',
  ),
  context: crossing(
    'probe-context-crosses',
    'Rows are open without a tenant',
    'Through the app’s own login, under a context that is no tenant’s (never set, empty as after a COMMIT, malformed, ' +
      'or a tenant that does not exist), rows of tenants could be reached. A connection from a pool is in such a ' +
      'state whenever the application forgets to set its tenant.',
  ),
  function: crossing(
    'probe-function-crosses',
    'A function hands out what is another tenant’s',
    'Through the app’s own login, in the context of one tenant or of one that does not exist, a function was called without ' +
      'arguments, with the key of another tenant, or, where it runs a text, with a query, and a value of that other tenant came out: its key, or one of its ' +
      'rows’. A key passed by the caller must not open another tenant.',
  ),
  sets: crossing(
    'probe-function-sets-tenant',
    'A function puts another tenant in the context',
    'Through the app’s own login, in the context of one tenant, a function was called, and the context named another one ' +
      'afterwards, which was not what it had been given. Whoever calls it works on that tenant’s rows until the transaction ends.',
    'warn',
  ),
  power: crossing(
    'probe-power-held',
    'The application does what is an owner’s to do',
    'Through the app’s own login, session_replication_role was set, under which triggers and foreign keys are skipped (error); or a ' +
      'table was made in a schema of tenants, a role was made, or a privilege on a table of tenants was passed on to everyone ' +
      '(warn). Nothing of another tenant is reached yet, and no policy stands in the way of what follows.',
  ),
  default: crossing(
    'probe-context-default',
    'A session has a tenant that nobody set',
    'The context of a fresh session of the app’s login, or of one after a COMMIT, names a tenant: a default of the role, ' +
      'the database or the connection string. Whatever forgets to set its tenant works on that one’s rows.',
  ),
  shared: crossing(
    'probe-shared-written',
    'A tenant writes what all tenants read',
    'Through the app’s own login, a row of a shared relation was added, changed or deleted. One tenant can so change what ' +
      'every other one sees.',
  ),
  root: crossing(
    'probe-tenant-added',
    'A tenant can add further tenants',
    'Through the app’s own login, a row of the root was added for a tenant other than the one in the context. Nothing of ' +
      'another tenant is reached by that, and a sign-up may need it; if yours does not, revoke INSERT or mend WITH CHECK.',
    'warn',
  ),
};

/** Everything that the probe can report, by id. */
export const PROBE_CHECKS: readonly CheckInfo[] = Object.values(CROSSINGS).sort((a, b) =>
  a.id < b.id ? -1 : 1,
);
