import type { AlterTableCmd, AlterTableType, ColumnDef, Constraint, Node, RangeVar } from 'libpg-query';
import { displayName, quoteIdent, quoteName } from '../../identifiers.js';

/** One statement and its tree, whose locations count the bytes of `text`. */
export interface Parsed {
  text: string;
  node: Node;
}

/** The statements of a text; none where the grammar cannot read it: then the server will not either. */
export async function parseText(text: string): Promise<Parsed[]> {
  const { parse } = await import('libpg-query');
  const { stmts = [] } = await parse(text).catch(() => ({ stmts: [] }));
  const [only] = stmts;
  if (stmts.length === 1 && only?.stmt && !only.stmt_location) return [{ text, node: only.stmt }];
  const bytes = Buffer.from(text);
  const parts = stmts.map(({ stmt_location: start = 0, stmt_len: length }) =>
    bytes.toString('utf8', start, length ? start + length : bytes.length),
  );
  return (await Promise.all(parts.map(parseText))).flat();
}

/** A name as a statement gives it: without a schema, the search_path decides. */
export interface GivenName {
  schema: string | undefined;
  name: string;
}

export function givenName({ schemaname, relname }: RangeVar): GivenName {
  return { schema: schemaname, name: relname ?? '' };
}

/** As SQL, quoted. */
export function sqlName({ schema, name }: GivenName): string {
  return schema === undefined ? quoteIdent(name) : quoteName({ schema, name });
}

/** As people write it. */
export function shownName({ schema, name }: GivenName): string {
  return schema === undefined ? name : displayName({ schema, name });
}

/** The relations that a statement changes or locks, where it is of a kind that can do harm to them. */
export function targetsOf(node: Node): GivenName[] {
  if ('IndexStmt' in node) return ranges([node.IndexStmt.relation]);
  if ('AlterTableStmt' in node) return ranges([node.AlterTableStmt.relation]);
  if ('RenameStmt' in node) return ranges([node.RenameStmt.relation]);
  if ('ReindexStmt' in node) return ranges([node.ReindexStmt.relation]);
  if ('ClusterStmt' in node) return ranges([node.ClusterStmt.relation]);
  if ('TruncateStmt' in node) return ranges(node.TruncateStmt.relations?.map(rangeIn));
  if ('VacuumStmt' in node)
    return ranges(
      node.VacuumStmt.rels?.map((each) =>
        'VacuumRelation' in each ? each.VacuumRelation.relation : undefined,
      ),
    );
  if ('DropStmt' in node) return (node.DropStmt.objects ?? []).map(nameIn).filter(isName);
  return [];
}

function ranges(found: readonly (RangeVar | undefined)[] | undefined): GivenName[] {
  return (found ?? []).flatMap((range) => (range ? [givenName(range)] : []));
}

function rangeIn(node: Node): RangeVar | undefined {
  return 'RangeVar' in node ? node.RangeVar : undefined;
}

function isName(name: GivenName | undefined): name is GivenName {
  return name !== undefined;
}

/** The name in a list of strings: schema and relation, or the relation alone. */
function nameIn(node: Node): GivenName | undefined {
  const parts = 'List' in node ? strings(node.List.items) : [];
  const name = parts.at(-1);
  return name === undefined ? undefined : { schema: parts.at(-2), name };
}

export function strings(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

/** The actions of an ALTER TABLE that are of one kind. */
export function actionsOf({ node }: Parsed, kind: AlterTableType): AlterTableCmd[] {
  const commands = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : [];
  return commands.flatMap((each) =>
    'AlterTableCmd' in each && each.AlterTableCmd.subtype === kind ? [each.AlterTableCmd] : [],
  );
}

/** The constraints of one kind that an ALTER TABLE adds by name. */
export function addedConstraints(statement: Parsed, kind: Constraint['contype']): Constraint[] {
  return actionsOf(statement, 'AT_AddConstraint').flatMap(({ def }) =>
    def && 'Constraint' in def && def.Constraint.contype === kind ? [def.Constraint] : [],
  );
}

/** The columns that an ALTER TABLE adds, each with its constraints. */
export function addedColumns(statement: Parsed): { column: ColumnDef; constraints: Constraint[] }[] {
  return actionsOf(statement, 'AT_AddColumn').flatMap(({ def }) =>
    def && 'ColumnDef' in def
      ? [
          {
            column: def.ColumnDef,
            constraints: (def.ColumnDef.constraints ?? []).flatMap((each) =>
              'Constraint' in each ? [each.Constraint] : [],
            ),
          },
        ]
      : [],
  );
}

/** A piece of a statement's text, by the tree's locations. */
export function piece({ text }: Parsed, from: number, to?: number): string {
  return Buffer.from(text).toString('utf8', from, to).trim();
}

const AFTER_TYPE = new Set([
  'using',
  'collate',
  'not',
  'null',
  'default',
  'constraint',
  'primary',
  'unique',
  'references',
  'check',
  'generated',
]);

/** A column's type as it was written, from where the tree says that it begins. */
export async function typeAt(statement: Parsed, location: number): Promise<string> {
  const { scan } = await import('libpg-query');
  let depth = 0;
  let end = location;
  for (const token of (await scan(statement.text)).tokens) {
    if (token.start < location) continue;
    if (depth === 0 && (',;'.includes(token.text) || AFTER_TYPE.has(token.text.toLowerCase()))) break;
    if ('(['.includes(token.text)) depth += 1;
    if (')]'.includes(token.text)) depth -= 1;
    end = token.end;
  }
  return piece(statement, location, end);
}

/** The relation that a statement is about first. */
export function subjectOf(statement: Parsed): GivenName {
  return targetsOf(statement.node)[0] ?? { schema: undefined, name: '' };
}

const PLAIN = [
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
  'VariableSetStmt',
  'LockStmt',
];

/** Whether a statement may change what the catalog says: a query may, by the functions that it calls. */
export function changesCatalog(node: Node): boolean {
  const kinds = Object.keys(node);
  if (kinds.includes('SelectStmt')) return JSON.stringify(node).includes('"FuncCall"');
  return !kinds.some((kind) => PLAIN.includes(kind) || kind === 'TransactionStmt');
}
