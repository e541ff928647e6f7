import { expect, it } from 'vitest';
import type { CheckInfo } from '../../../src/verifier/check.js';
import type { Finding } from '../../../src/verifier/finding.js';
import { planFixes } from '../../../src/verifier/fix/plan.js';
import type { RelationVerdict } from '../../../src/verifier/verdict.js';

const CHECKS: CheckInfo[] = (['keys', 'grants', 'rls', 'probe'] as const).map((family) => ({
  ...{ id: `of-${family}`, family, title: family, severity: 'error', explanation: family },
}));

const finding = (check: string, changes: Partial<Finding> = {}): Finding => ({
  ...{
    key: check,
    check,
    severity: 'error',
    schema: 'public',
    object: 't',
    detail: 'x',
    evidence: 'catalog',
  },
  ...changes,
});

async function planned(findings: Finding[], relations: Partial<RelationVerdict>[] = []) {
  const { together, apart, byHand } = await planFixes({
    ...{ findings, checks: CHECKS, relations: relations as RelationVerdict[] },
  });
  const texts = (steps: typeof together) => steps.flatMap(({ statements }) => statements);
  return { together: texts(together), apart: texts(apart), byHand: byHand.map(({ key }) => key) };
}

it('closes doors first, and says nothing twice', async () => {
  const findings = [
    finding('of-keys', { fix: 'ALTER TABLE t ADD UNIQUE (a, id);\nALTER TABLE t ADD UNIQUE (b);' }),
    finding('of-rls', { fix: 'ALTER TABLE t ENABLE ROW LEVEL SECURITY;' }),
    finding('of-keys', { fix: 'ALTER TABLE t ADD UNIQUE (a, id);' }),
    finding('of-grants', { fix: 'REVOKE ALL ON t FROM app;' }),
    finding('of-grants', { fix: 'REVOKE ALL ON u FROM app;', waived: { reason: 'known' } }),
  ];
  expect(await planned(findings)).toEqual({
    together: [
      'REVOKE ALL ON t FROM app',
      'ALTER TABLE t ENABLE ROW LEVEL SECURITY',
      'ALTER TABLE t ADD UNIQUE (a, id)',
      'ALTER TABLE t ADD UNIQUE (b)',
    ],
    ...{ apart: [], byHand: [] },
  });
});

it.each([
  ['an index', 'CREATE INDEX ON t (a);', [], ['CREATE INDEX CONCURRENTLY ON t (a)']],
  [
    'the validation of a constraint',
    'ALTER TABLE t ADD CONSTRAINT c CHECK (true) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c;',
    ['ALTER TABLE t ADD CONSTRAINT c CHECK (true) NOT VALID'],
    ['ALTER TABLE t VALIDATE CONSTRAINT c'],
  ],
  ['what cannot run in a transaction', 'VACUUM t;', [], ['VACUUM t']],
  [
    'no index that takes the place of another',
    'DROP INDEX i; CREATE UNIQUE INDEX i ON t (a);',
    ['DROP INDEX i', 'CREATE UNIQUE INDEX i ON t (a)'],
    [],
  ],
])('takes apart %s', async (_, fix, together, apart) => {
  expect(await planned([finding('of-keys', { fix })])).toEqual({ together, apart, byHand: [] });
});

it('builds no index concurrently on a partitioned table', async () => {
  const relations = [{ schema: 'public', name: 't', kind: 'partitioned table' as const }];
  const { together, apart } = await planned(
    [finding('of-keys', { fix: 'CREATE INDEX ON t (a);' })],
    relations,
  );
  expect({ together, apart }).toEqual({ together: ['CREATE INDEX ON t (a)'], apart: [] });
});

it('leaves to a person what has no fix, but not what follows from something else', async () => {
  const crossing = finding('of-probe', { evidence: 'probe' });
  expect((await planned([crossing])).byHand).toEqual(['of-probe']);
  expect((await planned([crossing, finding('of-rls')])).byHand).toEqual(['of-rls']);
});
