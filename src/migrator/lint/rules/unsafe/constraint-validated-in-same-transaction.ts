import { quoteIdent } from '../../../../identifiers.js';
import { actionsOf, shownName, sqlName, subjectOf } from '../../parse.js';
import { LATER } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const constraintValidatedInSameTransaction: UnsafeRule = {
  id: 'constraint-validated-in-same-transaction',
  family: 'unsafe',
  title: 'A constraint is validated under the lock with which it was added',
  severity: 'error',
  squawk: ['constraint-missing-not-valid'],
  applies: (statement) => actionsOf(statement, 'AT_ValidateConstraint').length > 0,
  advise(statement) {
    const table = subjectOf(statement);
    const names = actionsOf(statement, 'AT_ValidateConstraint').map(({ name }) => name ?? '');
    return {
      detail: `validating blocks nobody by itself, but the lock of ADD CONSTRAINT is held until the transaction ends, so that nobody can write to ${shownName(table)} while every row is checked`,
      recipe: [
        LATER,
        ...names.map((name) => `ALTER TABLE ${sqlName(table)} VALIDATE CONSTRAINT ${quoteIdent(name)};`),
      ].join('\n'),
    };
  },
};
