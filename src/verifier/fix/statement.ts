import type { AlterTableCmd, Node, RangeVar } from 'libpg-query';
import { kindOfStatement } from '../../postgres/statement-kind.js';
import { parseStatements } from '../../postgres/statements.js';
import type { Finding } from '../finding.js';
import type { RelationVerdict } from '../verdict.js';

/** A statement of a fix, as it runs beside the traffic. */
export interface FixStatement {
  text: string;
  /** It must not share a transaction with others. */
  apart: boolean;
  /** It fails where a row that is there offends. */
  validates: boolean;
  /** The rule of `migrate --lint` that would rightly name it, were there another way. */
  waives?: string;
}

/** The statements of a finding's fix: indexes built and dropped concurrently, where PostgreSQL can. */
export async function besideTraffic(
  fix: string,
  { schema, object }: Pick<Finding, 'schema' | 'object'>,
  relations: readonly Pick<RelationVerdict, 'schema' | 'name' | 'kind'>[],
): Promise<FixStatement[]> {
  const isPartitioned = ({ schemaname = schema, relname = object }: RangeVar = {}) =>
    relations.some(
      (each) => each.schema === schemaname && each.name === relname && each.kind === 'partitioned table',
    );
  const parsed = await parseStatements({ path: 'a fix', text: fix, line: 1 }, false);
  return Promise.all(parsed.map(({ text }) => statementFor(text.trim(), isPartitioned)));
}

async function statementFor(
  text: string,
  isPartitioned: (table?: RangeVar) => boolean,
): Promise<FixStatement> {
  const { parse } = await import('libpg-query');
  const node = (await parse(text)).stmts?.[0]?.stmt;
  const plain = { text, apart: false, validates: false };
  if (!node) return plain;
  if ('IndexStmt' in node) {
    // Of a partitioned table, PostgreSQL neither builds an index concurrently nor drops one.
    if (isPartitioned(node.IndexStmt.relation)) return { ...plain, waives: 'index-not-concurrent' };
    return { ...plain, text: text.replace(/^CREATE (UNIQUE )?INDEX/i, '$& CONCURRENTLY'), apart: true };
  }
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX') {
    if (isPartitioned()) return { ...plain, waives: 'index-drop-not-concurrent' };
    return { ...plain, text: text.replace(/^DROP INDEX/i, '$& CONCURRENTLY'), apart: true };
  }
  const waives = addedAtOnce(node);
  const reads = commandsOf(node).some(({ subtype }) => subtype === 'AT_ValidateConstraint');
  const { transactional } = await kindOfStatement(text);
  return {
    text,
    // Validation keeps nobody waiting; the transaction that it shares may.
    apart: reads || !transactional,
    validates: reads || waives !== undefined,
    ...(waives !== undefined && { waives }),
  };
}

/** By the kind of a constraint that ALTER TABLE adds. */
const AT_ONCE: Partial<Record<string, string>> = {
  CONSTR_UNIQUE: 'unique-built-in-place',
  CONSTR_PRIMARY: 'primary-key-built-in-place',
  CONSTR_FOREIGN: 'foreign-key-validated-at-once',
};

/** The rule about a constraint for which every row is read under the lock that adds it. */
function addedAtOnce(node: Node): string | undefined {
  for (const { def } of commandsOf(node)) {
    if (!def || !('Constraint' in def)) continue;
    const { contype = '', indexname, skip_validation } = def.Constraint;
    if (!indexname && !skip_validation && AT_ONCE[contype] !== undefined) return AT_ONCE[contype];
  }
  return undefined;
}

function commandsOf(node: Node): AlterTableCmd[] {
  const commands = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : [];
  return commands.flatMap((each) => ('AlterTableCmd' in each ? [each.AlterTableCmd] : []));
}
