import { quoteIdent } from '../../../../identifiers.js';
import { actionsOf, addedConstraints, piece, shownName, sqlName, subjectOf } from '../../parse.js';
import { LATER } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const checkValidatedAtOnce: UnsafeRule = {
  id: 'check-validated-at-once',
  family: 'unsafe',
  title: 'A check is made of every row while nobody can read or write',
  severity: 'error',
  squawk: ['constraint-missing-not-valid'],
  applies: (statement) => addedConstraints(statement, 'CONSTR_CHECK').length > 0,
  advise(statement) {
    const table = subjectOf(statement);
    const checks = addedConstraints(statement, 'CONSTR_CHECK');
    const names = checks.map(({ conname }) => conname || `${table.name}_check`);
    const alone =
      checks.length === 1 && actionsOf(statement, 'AT_AddConstraint').length === 1 && isOnlyAction(statement);
    const definition = piece(statement, checks[0]?.location ?? 0).replace(/;$/, '');
    const alter = `ALTER TABLE ${sqlName(table)}`;
    return {
      detail: `nobody can read or write ${shownName(table)} while ${names.join(', ')} is checked on every row`,
      recipe: [
        ...(alone
          ? [`${alter} ADD ${definition} NOT VALID;`]
          : names.map((name) => `${alter} ADD CONSTRAINT ${quoteIdent(name)} CHECK (…) NOT VALID;`)),
        LATER,
        ...names.map((name) => `${alter} VALIDATE CONSTRAINT ${quoteIdent(name)};`),
      ].join('\n'),
    };
  },
};

function isOnlyAction({ node }: Parameters<NonNullable<UnsafeRule['applies']>>[0]): boolean {
  return 'AlterTableStmt' in node && node.AlterTableStmt.cmds?.length === 1;
}
