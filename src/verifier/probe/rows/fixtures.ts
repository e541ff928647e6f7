import type { Relation } from '../../../catalog/snapshot.js';
import { commandsIn } from '../../../tenancy/context.js';
import type { Statement } from '../session/attempt.js';
import type { World } from '../world/world.js';

/**
 * The configured statements that make one row of a relation for the tenant in whose context they run.
 *
 * @param tenant what `$1` stands for
 */
export async function fixtureFor(
  world: World,
  relation: Relation,
  tenant: string,
): Promise<Statement[] | undefined> {
  const fixture = world.model.config.fixtures.find(
    ({ relation: { schema, name } }) => schema === relation.schema && name === relation.name,
  );
  if (!fixture) return undefined;
  const commands = await Promise.all(fixture.statements.map(commandsIn));
  return commands.flat().map(({ text, takesTenant }) => ({ text, ...(takesTenant && { values: [tenant] }) }));
}
