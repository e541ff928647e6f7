import type { Column } from '../../../catalog/snapshot.js';
import type { ForeignKeyStep } from '../../../tenancy/model.js';
import { found } from './compare.js';
import { hasHeirs, referencesBetween, uniqueSets } from './integrity.js';
import type { Question, Row } from './scope.js';
import { type Term, textOf, type Value } from './value.js';

const termOfColumn = (row: Row, name: string): Term => ({
  ...{ kind: 'term', text: `${row.id}.${name}`, type: undefined, nullable: false },
});

/** Foreign keys that hold for every row that the child's table shows. */
const referencesOf = (child: Row, parent: Row, { subject }: Question) =>
  hasHeirs(child.relation, subject) || hasHeirs(parent.relation, subject)
    ? []
    : referencesBetween(child.relation, parent.relation);

const keysOf = ({ relation }: Row, { subject }: Question): string[][] =>
  hasHeirs(relation, subject) ? [] : uniqueSets(relation);

/** The key of the tenant that a row belongs to, where that was asked. */
function tenancy(row: Row, { own, tenants }: Question): string | undefined {
  const tenant = row === own ? 'own' : tenants.get(row.id);
  return typeof tenant === 'string' ? tenant : tenant?.kind === 'key' ? tenant.whose : undefined;
}

/** The same; where nobody asked, it is decided now. */
function decidedTenancy(row: Row, question: Question): string | undefined {
  if (row !== question.own && !question.tenants.has(row.id)) row.column(row.known?.tenantColumn ?? '');
  return tenancy(row, question);
}

function agree(a: Row, column: string, b: Row, other: string, question: Question): boolean {
  const areTenants = column === a.known?.tenantColumn && other === b.known?.tenantColumn;
  const tenant = areTenants ? tenancy(a, question) : undefined;
  if (tenant !== undefined && tenant === tenancy(b, question)) return true;
  const [x, y] = [termOfColumn(a, column), termOfColumn(b, other)].map((term) =>
    textOf(found(term, question.here)),
  );
  return x === y;
}

/**
 * Whether foreign keys rule out the case: the row that one of another tenant refers to, by a part that is unique in itself,
 * is that tenant's, too.
 */
export function isRuledOut(question: Question): boolean {
  const { own, met } = question;
  if (!own) return false;
  const rows = [own, ...met];
  const byKeys = rows.some((child) =>
    rows.some((parent) => child !== parent && isTorn(child, parent, question)),
  );
  return byKeys || isOfAnother(own, question);
}

function isTorn(child: Row, parent: Row, question: Question): boolean {
  return referencesOf(child, parent, question).some(({ columns, references }) => {
    const carries = columns.some(
      (name, at) => name === child.known?.tenantColumn && references[at] === parent.known?.tenantColumn,
    );
    const agreed = new Set(
      references.filter((name, at) => agree(child, columns[at] ?? '', parent, name, question)),
    );
    const isIt = carries && keysOf(parent, question).some((set) => set.every((name) => agreed.has(name)));
    if (!isIt) return false;
    const [mine, theirs] = [decidedTenancy(child, question), decidedTenancy(parent, question)];
    return mine !== undefined && theirs !== undefined && mine !== theirs;
  });
}

/** Without a tenant column of its own, a row is whose the rows are that it leads to; or nobody's, as they are. */
function isOfAnother(own: Row, question: Question): boolean {
  if (own.known?.tenantColumn !== undefined) return false;
  let row: Row | undefined = own;
  for (const step of own.known?.path ?? []) {
    row = row && parentBy(step, row, question);
    if (!row) return false;
    const tenant = decidedTenancy(row, question);
    if (question.tenants.has(row.id)) return tenant !== 'own';
  }
  return false;
}

function parentBy(step: ForeignKeyStep, child: Row, question: Question): Row | undefined {
  return question.met.find(
    (row) =>
      row.relation.oid === step.to &&
      step.columns.every((name, at) => agree(child, name, row, step.references[at] ?? '', question)),
  );
}

/** Tables whose rows give the session access to another tenant's. */
export interface Grants {
  through: string[];
  /** The tenant could write such a row for itself, in this table. */
  bySelf: string | undefined;
}

const NO_GRANTS: Grants = { through: [], bySelf: undefined };

/**
 * The tables whose rows give the session access to the tenant: a chain of equal columns leads from who is signed in,
 * through rows of theirs, to the tenant of the row. Empty where there is none.
 */
export function grantsOf(question: Question): Grants {
  const { own, met, here } = question;
  if (!own) return NO_GRANTS;
  const named = whoIsNamed(question);
  const isSession = (value: Value) => (value.kind === 'key' && value.whose === 'asked') || named(value);
  const columnsOf = (row: Row) =>
    row.relation.columns.map(({ name }) => found(termOfColumn(row, name), here));
  const reached = met.filter((row) => tenancy(row, question) === 'asked' || columnsOf(row).some(isSession));
  for (const row of reached) {
    reached.push(...met.filter((next) => !reached.includes(next) && areLinked(row, next, question)));
  }
  const namesOwn = (row: Row) =>
    row.relation.columns.filter(({ name }) => {
      const value = found(termOfColumn(row, name), here);
      return value.kind === 'key' && value.whose === 'own';
    });
  const leadsToOwn = (row: Row) =>
    tenancy(row, question) === 'own' ||
    namesOwn(row).length > 0 ||
    referencesOf(own, row, question).some(({ columns, references }) =>
      columns.every((name, at) => agree(own, name, row, references[at] ?? '', question)),
    );
  const leading = reached.filter(leadsToOwn);
  if (leading.length === 0) return NO_GRANTS;
  const nameOf = ({ relation }: Row) => `${relation.schema}.${relation.name}`;
  const isBySelf = (row: Row) =>
    tenancy(row, question) === 'asked' && namesOwn(row).some((column) => mayWrite(row, column, question));
  const bySelf = leading.every(isBySelf) ? leading[0] : undefined;
  return { through: [...new Set(reached.map(nameOf))], bySelf: bySelf && nameOf(bySelf) };
}

/** What stands in a tenant's own row is the tenant's word, where the application may write it. */
function mayWrite({ relation }: Row, { grants }: Column, { subject: { app } }: Question): boolean {
  return app
    .usable([...relation.grants, ...grants])
    .some(({ privilege }) => privilege === 'INSERT' || privilege === 'UPDATE');
}

/** Tells values that name who is signed in from what merely equals them. */
function whoIsNamed({ here }: Question): (value: Value) => boolean {
  const terms = new Set(
    [...here.asked.values()].filter(({ session }) => session).map((term) => textOf(found(term, here))),
  );
  return (value) =>
    terms.has(textOf(value)) || ((value.kind === 'const' || value.kind === 'key') && value.session === true);
}

/**
 * Whether one row leads to the other: by a foreign key, by a key of one of them, or because both refer to the same third.
 * That they agree in something else, a role or a name, is nobody's word.
 */
function areLinked(a: Row, b: Row, question: Question): boolean {
  const refers = (child: Row, parent: Row) =>
    referencesOf(child, parent, question).some(({ columns, references }) =>
      columns.every((name, at) => agree(child, name, parent, references[at] ?? '', question)),
    );
  const holdsKeyOf = (row: Row, other: Row) =>
    keysOf(other, question).some((columns) =>
      columns.every((key) => row.relation.columns.some(({ name }) => agree(row, name, other, key, question))),
    );
  return refers(a, b) || refers(b, a) || holdsKeyOf(a, b) || holdsKeyOf(b, a) || areSiblings(a, b, question);
}

function areSiblings(a: Row, b: Row, question: Question): boolean {
  const parents = ({ relation: { constraints } }: Row) =>
    constraints.flatMap(({ foreignKey, columns: [name = '', ...others] }) =>
      foreignKey && others.length === 0
        ? [{ name, to: `${foreignKey.relation}.${foreignKey.columns[0]}` }]
        : [],
    );
  return parents(a).some((mine) =>
    parents(b).some(({ name, to }) => to === mine.to && agree(a, mine.name, b, name, question)),
  );
}

/**
 * Whether a row of another tenant is found because it names who is signed in: users find their own rows, of whichever
 * tenant. Where each user is a tenant, a column that refers to the tenants names none of their users. That somebody is
 * named in a row does not entitle them to write it.
 */
export function isOfTheUser({ own, here, subject, writes }: Question): boolean {
  if (!own || writes) return false;
  const root = subject.tenancy.root?.relation.oid;
  const refersToOthers = (name: string) =>
    own.relation.constraints.some(
      ({ foreignKey, columns }) => foreignKey && foreignKey.relation !== root && columns.includes(name),
    );
  return own.relation.columns.some(({ name }) => {
    const value = found(termOfColumn(own, name), here);
    if (value.kind === 'key') return value.session === true && refersToOthers(name);
    return value.kind === 'const' && value.session === true;
  });
}
