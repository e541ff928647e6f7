import type { Node, SelectStmt } from 'libpg-query';
import type { Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Subject } from '../../check.js';
import type { Case } from './case.js';
import type { ContextState, Settings } from './session.js';
import type { Value } from './value.js';

/** A row of some table, in the case that is looked at: what its columns hold is found out when they are asked for. */
export interface Row {
  /** One for each row, and the same whenever the same row is meant. */
  id: string;
  relation: Relation;
  known: ClassifiedRelation | undefined;
  column(name: string): Value;
}

/** Who a statement runs as. */
export interface Role {
  name: string | undefined;
  /** Whose policies and privileges count. */
  inherits: ReadonlySet<string>;
}

/** What holds for a whole question: the session, and what other tables hold. */
export interface Question {
  subject: Subject;
  state: ContextState;
  settings: Settings;
  /** The key of the tenant asked for: a constant where a concrete row is looked at. */
  asked: Value;
  sessionUser: string | undefined;
  here: Case;
  /** Whether they decide about rows that are written, not found. */
  writes: boolean;
  /** The row that the policies decide about. */
  own: Row | undefined;
  /** Rows of other tables that came up. */
  met: Row[];
  /** Whose each of them is, by its id, as far as anybody asked. */
  tenants: Map<string, Value>;
  /** What other tables hold, by oid, where everything is concrete. */
  tables: ReadonlyMap<number, readonly Row[]>;
  /** The tenants whose rows of a table a role can read at all; undefined where nothing is known of it. */
  readable(relation: Relation, role: Role): 'asked only' | 'nothing known';
  /** What an expression comes to. */
  evaluate(node: Node | undefined, scope: Scope): Value;
  /** What each row of a query gives, in this case; where other tables are not known, one row that could be. */
  rowsOf(select: SelectStmt, scope: Scope): Result[];
  /** Whether policies show a concrete row to a role. */
  shows(row: Row, scope: Scope): boolean;
}

/** What the names in an expression stand for. */
export interface Scope {
  question: Question;
  here: Case;
  role: Role;
  /** Tells apart the same text in several calls of one function. */
  place: string;
  /** undefined for a name that is not known here. */
  column(parts: readonly string[]): Value | undefined;
  parameter(number: number): Value | undefined;
  /** WITH queries, by name. */
  queries: ReadonlyMap<string, Node>;
  /** In the text of a function a bare name may be a user's function or table; in what the catalog writes it never is. */
  bareNames: boolean;
  /** In the text of a function whose search path does not name pg_temp last: then it comes first, for tables. */
  temporaryFirst: boolean;
  /** In the text of a function that sets no search path: the caller's decides what a bare name means. */
  anyPath: boolean;
  /** In an IMMUTABLE function: PostgreSQL keeps its result with the plan, whoever the session works for later. */
  frozen: boolean;
  depth: number;
}

/** A row of a query: its columns are the query's targets, in this scope. */
export type Result = Scope & { select: SelectStmt };
