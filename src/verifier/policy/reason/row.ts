import type { Column, Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Subject } from '../../check.js';
import { IMPOSSIBLE } from './case.js';
import { isMadeAlike, isRequired } from './integrity.js';
import type { Row, Scope } from './scope.js';
import { typeOfColumn } from './types.js';
import { familyOf, type Key, NULL, type Value } from './value.js';

/** A row of which nothing is known but what its table allows. */
export function openRow(
  relation: Relation,
  known: ClassifiedRelation | undefined,
  id: string,
  tenant: Value | undefined,
  computed: (expression: string) => Value | undefined,
  subject: Subject,
): Row {
  const columns = new Map(relation.columns.map((column) => [column.name, column]));
  return {
    ...{ id, relation, known },
    column: (name) => {
      const column = columns.get(name);
      if (!column) return { kind: 'term', text: `${id}.${name}`, type: undefined, nullable: true };
      if (name === known?.tenantColumn && tenant) return tenant;
      const isMade = isMadeAlike(column, relation, subject);
      const made = isMade ? computed(column.defaultExpression ?? '') : undefined;
      return made ?? columnTerm(column, id, !isRequired(column, relation, subject));
    },
  };
}

function columnTerm(column: Column, id: string, nullable: boolean): Value {
  const { name, array } = typeOfColumn(column);
  const plain = !array && column.collationDeterministic;
  return {
    kind: 'term',
    text: `${id}.${column.name}`,
    type: plain ? name : undefined,
    nullable,
  };
}

/** A row of another table, in the case that is looked at: whose it is, is decided when somebody asks. */
export function rowMet(relation: Relation, id: string, scope: Scope): Row {
  const { question } = scope;
  const known = question.subject.classified(relation.oid);
  const before = question.met.find((row) => row.id === id);
  if (before) return before;
  const row: Row = {
    ...openRow(relation, known, id, undefined, () => undefined, question.subject),
    column: (name) => {
      const open = openRow(relation, known, id, undefined, () => undefined, question.subject).column(name);
      return name === known?.tenantColumn ? (tenantOf(row, scope) ?? open) : open;
    },
  };
  question.met.push(row);
  if (known?.class === 'tenant' && known.path.length > 0) tenantByPath(row, scope);
  return row;
}

/** A row without a tenant column that policies show to its own tenant only is that tenant's, or nobody's. */
function tenantByPath({ id, relation }: Row, { question, here, role }: Scope): void {
  if (question.readable(relation, role) !== 'asked only') return;
  const isAsked = question.state === 'set' && here.decide(`whose ${id} is`, 2) === 0;
  question.tenants.set(id, isAsked ? question.asked : NULL);
}

/** Whose a row of another table is; undefined where its key is of another type than the tenants' keys. */
export function tenantOf({ id, relation, known }: Row, scope: Scope): Value | undefined {
  const { question, here, role } = scope;
  const column = relation.columns.find(({ name }) => name === known?.tenantColumn);
  if (!column || (known?.class !== 'tenant' && known?.class !== 'root')) return undefined;
  const home = question.asked.kind === 'key' ? question.asked.home : '';
  const type = typeOfColumn(column);
  const alike = type.name === home || (familyOf(type.name) === 'number' && familyOf(home) === 'number');
  if (!alike || !column.collationDeterministic) return undefined;
  const key = (whose: Key['whose']): Value => ({ kind: 'key', whose, type: type.name, home });
  const named = question.state === 'set';
  const options: Value[] = [];
  const closed = question.readable(relation, role) === 'asked only';
  if (named) options.push(key('asked'));
  if (!closed) options.push(key('own'), key('third'));
  if (!isRequired(column, relation, question.subject)) options.push(NULL);
  if (options.length === 0) throw IMPOSSIBLE;
  const tenant = options[here.decide(`whose ${id} is`, options.length)] ?? NULL;
  question.tenants.set(id, tenant);
  return tenant;
}

/** The columns of one row by their names, alone or behind the table's. */
export function rowIn(row: Row): Scope['column'] {
  const own = new Set(row.relation.columns.map(({ name }) => name));
  return (parts) => {
    const name = parts.at(-1) ?? '';
    const mine = parts.length === 1 || parts.at(-2) === row.relation.name;
    return mine && own.has(name) ? row.column(name) : undefined;
  };
}
