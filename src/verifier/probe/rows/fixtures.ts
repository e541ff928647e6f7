import type { Relation } from '../../../catalog/snapshot.js';
import type { Statement } from '../attempt.js';
import type { World } from '../world.js';

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
  const { scan } = await import('libpg-query');
  const statements: Statement[] = [];
  for (const text of fixture.statements) {
    const { tokens } = await scan(text);
    // A statement that takes no parameter must not be given one.
    const takesTenant = tokens.some((token) => token.tokenName === 'PARAM');
    statements.push({ text, ...(takesTenant && { values: [tenant] }) });
  }
  return statements;
}
