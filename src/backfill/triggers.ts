import type { Relation } from '../catalog/snapshot.js';

/** TRIGGER_TYPE_UPDATE in PostgreSQL's parse tree. */
const UPDATE = 1 << 4;

/** Names of a table's triggers that an update of `column` fires: they may change more than the column. */
export async function updateTriggers(relation: Relation, column: string): Promise<string[]> {
  const enabled = relation.triggers.filter(
    (trigger) => trigger.enabled === 'origin' || trigger.enabled === 'always',
  );
  if (enabled.length === 0) return [];
  const { parse } = await import('libpg-query');
  const fired = await Promise.all(
    enabled.map(async ({ name, definition }) => {
      const statement = (await parse(definition)).stmts?.[0]?.stmt;
      if (!statement || !('CreateTrigStmt' in statement)) return [name];
      const { events = 0, columns = [] } = statement.CreateTrigStmt;
      const named = columns.flatMap((node) => ('String' in node ? (node.String.sval ?? []) : []));
      const fires = (events & UPDATE) !== 0 && (named.length === 0 || named.includes(column));
      return fires ? [name] : [];
    }),
  );
  return fired.flat();
}
