import { randomBytes } from 'node:crypto';
import { quoteIdent, quoteName } from '../../identifiers.js';
import type { Finding } from '../finding.js';
import { reachOf } from '../reach.js';
import { CROSSINGS } from './proof/crossings.js';
import type { TrialSession } from './session/session.js';
import type { World } from './world/world.js';

/** Something that an owner does and an application does not, and that the login could. */
export interface Power extends Pick<Finding, 'schema' | 'object' | 'severity'> {
  what: string;
  statement: string;
}

/**
 * Tries, as the login, what would undo or evade what keeps tenants apart, as far as nobody has to wait for it: new objects,
 * a parameter, a new role, passing a privilege on. Each is taken back.
 *
 * @param actor the role that the application's statements run as
 */
export async function tryPowers(world: World, session: TrialSession, actor: string): Promise<Power[]> {
  if (world.readOnly) return [];
  const found: Power[] = [];
  for (const power of [
    ...creating(world),
    ...setting(world),
    ...makingRoles(world, actor),
    ...passingOn(world, actor),
  ]) {
    const attempt = await session.attempt({ text: power.statement });
    if (attempt.ok) found.push(power);
  }
  return found;
}

const newName = () => quoteIdent(`tenantctl_probe_${randomBytes(4).toString('hex')}`);

/** In every schema with tables of tenants. */
function creating({ model }: World): Power[] {
  const tables = model.relations.filter(({ class: kind }) => kind === 'tenant' || kind === 'root');
  return [...new Set(tables.map(({ relation }) => relation.schema))].map((schema) => ({
    ...{ schema, object: '', severity: 'warn', what: 'made a table, which no policy guards' },
    statement: `create table ${quoteIdent(schema)}.${newName()} ()`,
  }));
}

function setting({ snapshot }: World): Power[] {
  const object = 'session_replication_role';
  if (!snapshot.parameters.some(({ name }) => name === object)) return [];
  const what = 'switched triggers and foreign keys off';
  return [{ schema: '', object, severity: 'error', what, statement: `set local ${object} = replica` }];
}

function makingRoles({ snapshot }: World, actor: string): Power[] {
  const isMaker = snapshot.roles.some(({ name, createRole }) => name === actor && createRole);
  if (!isMaker) return [];
  return [
    {
      ...{ schema: '', object: actor, severity: 'warn', what: 'made a role' },
      statement: `create role ${newName()} nologin`,
    },
  ];
}

function passingOn({ snapshot, model }: World, actor: string): Power[] {
  const { grantsOn } = reachOf(snapshot, actor);
  const tables = model.relations.filter(({ class: kind }) => kind === 'tenant' || kind === 'root');
  return tables.flatMap(({ relation }) => {
    const { schema, name: object, owner } = relation;
    const grant = grantsOn(relation).find(({ grantable, grantee }) => grantable && grantee !== owner);
    if (!grant) return [];
    const statement = `grant ${grant.privilege} on ${quoteName(relation)} to public`;
    return [
      {
        schema,
        object,
        severity: 'warn' as const,
        what: `passed ${grant.privilege} on to everyone`,
        statement,
      },
    ];
  });
}

export function powerFindings(powers: readonly Power[], role: string): Finding[] {
  const { id } = CROSSINGS.power;
  return powers.map(({ schema, object, severity, what, statement }) => ({
    key: `${id}:${[schema, object]
      .filter((part) => part !== '')
      .map(quoteIdent)
      .join('.')}`,
    ...{ check: id, severity, schema, object, detail: `${role} ${what}`, evidence: 'probe', statement },
  }));
}
