import type { DoStmt, Node, RangeVar, ReindexStmt } from 'libpg-query';

/** What has to be known of a statement before it is sent outside a transaction. */
export interface StatementKind {
  /** Whether it can run in a transaction of its own, together with its record. */
  transactional: boolean;
  /** It waits for other transactions to end, and takes the time that takes. */
  concurrent: boolean;
  /** The index that it builds concurrently, where it names it. */
  builds?: { schema: string | undefined; table: string; index: string };
  /** The index that it drops concurrently. */
  drops?: { schema: string | undefined; index: string };
  /** What it reindexes concurrently: an index or a table, all of a schema, or (neither) of the database. */
  rebuilds?: { relation?: { schema: string | undefined; name: string }; schema?: string };
  /** A query: it is for its rows that it is sent. */
  reads: boolean;
  /** It changes nothing but the session: SET, or a query of set_config() alone. */
  setting: boolean;
  /** The functions it calls by name, without their schemas. */
  functions: string[];
}

/** Asks PostgreSQL's own grammar; what it cannot read is taken for the most troublesome. */
export async function kindOfStatement(text: string): Promise<StatementKind> {
  const { parse } = await import('libpg-query');
  const statements = await parse(text).then(
    ({ stmts = [] }) => stmts,
    () => [],
  );
  const kinds = statements.flatMap(({ stmt }) => (stmt ? [kindOf(stmt)] : []));
  const [first = UNREADABLE, ...others] = kinds;
  return others.length === 0 ? first : kindOfAll(kinds);
}

/** Several in one text are one transaction anyway, unless one of them has to be alone; that then fails. */
function kindOfAll(kinds: readonly StatementKind[]): StatementKind {
  return {
    transactional: kinds.every(({ transactional }) => transactional),
    concurrent: false,
    reads: kinds.every(({ reads }) => reads),
    setting: kinds.every(({ setting }) => setting),
    functions: kinds.flatMap(({ functions }) => functions),
  };
}

const UNREADABLE: StatementKind = {
  ...{ transactional: false, concurrent: false, reads: false, setting: false, functions: [] },
};

function kindOf(node: Node): StatementKind {
  const concurrent = isConcurrent(node);
  const functions = functionsIn(node);
  const reads = 'SelectStmt' in node && node.SelectStmt.intoClause === undefined;
  const configures = reads && functions.length > 0 && functions.every((name) => name === 'set_config');
  return {
    transactional: !concurrent && !needsNoTransaction(node),
    concurrent,
    ...indexOf(node),
    ...{ reads, functions, setting: configures || 'VariableSetStmt' in node },
  };
}

function isConcurrent(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent ?? false;
  if ('DropStmt' in node) return node.DropStmt.concurrent ?? false;
  if ('ReindexStmt' in node) return hasOption(node.ReindexStmt.params, 'concurrently');
  if ('AlterTableStmt' in node) return JSON.stringify(node).includes('"concurrent":true');
  return false;
}

/** PreventInTransactionBlock() in PostgreSQL's source, and what may end transactions by itself. */
const ALONE = [
  ...['TransactionStmt', 'CallStmt', 'VacuumStmt', 'ReindexStmt', 'ClusterStmt', 'DiscardStmt'],
  ...['CreatedbStmt', 'DropdbStmt', 'AlterDatabaseStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt'],
  ...['AlterSystemStmt', 'CreateSubscriptionStmt', 'AlterSubscriptionStmt', 'DropSubscriptionStmt'],
];

function needsNoTransaction(node: Node): boolean {
  return ALONE.some((kind) => kind in node) || ('DoStmt' in node && mayEnd(node.DoStmt));
}

function mayEnd({ args = [] }: DoStmt): boolean {
  return args.some((each) => {
    const said = 'DefElem' in each ? each.DefElem.arg : undefined;
    return said !== undefined && 'String' in said && MAY_END.test(said.String.sval ?? '');
  });
}

/** Only a block that says so can end transactions, in whatever language; the others are recorded with what they do. */
const MAY_END = /\b(commit|rollback|call)\b/i;

function indexOf(node: Node): Pick<StatementKind, 'builds' | 'drops' | 'rebuilds'> {
  if ('IndexStmt' in node && node.IndexStmt.concurrent) {
    const { idxname, relation } = node.IndexStmt;
    const { schemaname, relname } = (relation ?? {}) as RangeVar;
    if (!idxname || !relname) return {};
    return { builds: { schema: schemaname, table: relname, index: idxname } };
  }
  if ('DropStmt' in node && node.DropStmt.concurrent) {
    const [index, schema] = namesOf(node.DropStmt.objects?.[0]).reverse();
    return index === undefined ? {} : { drops: { schema, index } };
  }
  if ('ReindexStmt' in node && isConcurrent(node)) return { rebuilds: reindexed(node.ReindexStmt) };
  return {};
}

function reindexed({ kind, relation, name }: ReindexStmt): NonNullable<StatementKind['rebuilds']> {
  if (relation?.relname) return { relation: { schema: relation.schemaname, name: relation.relname } };
  return kind === 'REINDEX_OBJECT_SCHEMA' && name ? { schema: name } : {};
}

function namesOf(node: Node | undefined): string[] {
  if (!node || !('List' in node)) return [];
  return (node.List.items ?? []).flatMap((item) => ('String' in item ? (item.String.sval ?? []) : []));
}

function hasOption(params: Node[] | undefined, name: string): boolean {
  return (params ?? []).some((each) => 'DefElem' in each && each.DefElem.defname === name);
}

function functionsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { funcname } = node as { funcname?: unknown };
  const parts = Array.isArray(funcname) ? (funcname as Node[]) : [];
  const last = parts.at(-1);
  const own = last && 'String' in last && last.String.sval !== undefined ? [last.String.sval] : [];
  return [...own, ...Object.values(node).flatMap(functionsIn)];
}

const SAVEPOINTS = new Set(['TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE', 'TRANS_STMT_ROLLBACK_TO']);

/** 'prepare': PREPARE TRANSACTION. */
export type TransactionControl = 'transaction' | 'prepare' | 'savepoint';

/** Whether one of the statements of a text begins or ends a transaction, or all that it does is set a mark within one. */
export async function transactionControl(text: string): Promise<TransactionControl | undefined> {
  const { parse } = await import('libpg-query');
  // What the grammar cannot read, the server refuses as a whole.
  const { stmts = [] } = await parse(text).catch(() => ({ stmts: [] }));
  const kinds = stmts.flatMap(({ stmt }) =>
    stmt && 'TransactionStmt' in stmt ? [stmt.TransactionStmt.kind ?? ''] : [],
  );
  if (kinds.includes('TRANS_STMT_PREPARE')) return 'prepare';
  if (kinds.some((kind) => !SAVEPOINTS.has(kind))) return 'transaction';
  return kinds.length > 0 && kinds.length === stmts.length ? 'savepoint' : undefined;
}
