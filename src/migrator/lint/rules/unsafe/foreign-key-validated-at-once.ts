import type { Constraint, RangeVar } from 'libpg-query';
import { quoteIdent } from '../../../../identifiers.js';
import {
  addedColumns,
  addedConstraints,
  givenName,
  shownName,
  sqlName,
  strings,
  subjectOf,
} from '../../parse.js';
import { columnList, LATER } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

const FILLS: ReadonlySet<string> = new Set(['CONSTR_DEFAULT', 'CONSTR_GENERATED', 'CONSTR_IDENTITY']);

interface Link {
  key: Constraint;
  columns: string[];
}

export const foreignKeyValidatedAtOnce: UnsafeRule = {
  id: 'foreign-key-validated-at-once',
  family: 'unsafe',
  title: 'A foreign key is checked for every row while nobody can write to either table',
  severity: 'error',
  squawk: ['adding-foreign-key-constraint'],
  /** PostgreSQL checks no row of a column that is new and NULL in all of them. */
  async isHarmless(_, statement) {
    const named = addedConstraints(statement, 'CONSTR_FOREIGN').length > 0;
    const filled = addedColumns(statement).some(
      ({ constraints }) =>
        constraints.some(({ contype }) => contype === 'CONSTR_FOREIGN') &&
        constraints.some(({ contype }) => contype !== undefined && FILLS.has(contype)),
    );
    return !named && !filled;
  },
  advise(statement) {
    const table = subjectOf(statement);
    const links: Link[] = [
      ...addedConstraints(statement, 'CONSTR_FOREIGN').map((key) => ({
        key,
        columns: strings(key.fk_attrs),
      })),
      ...addedColumns(statement).flatMap(({ column, constraints }) =>
        constraints
          .filter(({ contype }) => contype === 'CONSTR_FOREIGN')
          .map((key) => ({ key, columns: [column.colname ?? ''] })),
      ),
    ];
    const parents = links.map(({ key }) => shownName(parentOf(key)));
    const alter = `ALTER TABLE ${sqlName(table)}`;
    return {
      detail: `nobody can write to ${[shownName(table), ...new Set(parents)].join(' nor to ')} while every row of ${shownName(table)} is checked`,
      recipe: [
        ...links.map((link) => `${alter} ADD ${definition(table.name, link)} NOT VALID;`),
        LATER,
        ...links.map((link) => `${alter} VALIDATE CONSTRAINT ${quoteIdent(nameOf(table.name, link))};`),
      ].join('\n'),
    };
  },
};

const ACTIONS: Partial<Record<string, string>> = {
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

function definition(table: string, link: Link): string {
  const { key, columns } = link;
  const references = strings(key.pk_attrs);
  const action = (event: string, code: string | undefined) =>
    ACTIONS[code ?? ''] ? ` ON ${event} ${ACTIONS[code ?? '']}` : '';
  const cleared = strings(key.fk_del_set_cols);
  return [
    `CONSTRAINT ${quoteIdent(nameOf(table, link))} FOREIGN KEY ${columnList(columns)}`,
    ` REFERENCES ${sqlName(parentOf(key))}${references.length > 0 ? ` ${columnList(references)}` : ''}`,
    `${action('DELETE', key.fk_del_action)}${cleared.length > 0 ? ` ${columnList(cleared)}` : ''}${action('UPDATE', key.fk_upd_action)}`,
    key.deferrable ? ` DEFERRABLE${key.initdeferred ? ' INITIALLY DEFERRED' : ''}` : '',
  ].join('');
}

function parentOf({ pktable }: Constraint) {
  return givenName(pktable ?? ({} as RangeVar));
}

/** As PostgreSQL would name it. */
function nameOf(table: string, { key, columns }: Link): string {
  return key.conname || [table, ...columns, 'fkey'].join('_');
}
