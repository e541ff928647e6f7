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
  const texts = (steps: typeof together) =>
    steps.flatMap(({ statements }) =>
      statements.map(({ text, waives }) => (waives === undefined ? text : `${text} -- ${waives}`)),
    );
  return { together: texts(together), apart: texts(apart), byHand: byHand.map(({ key }) => key) };
}

it('closes doors first, and says nothing twice', async () => {
  const findings = [
    finding('of-keys', { fix: 'ALTER TABLE t ALTER a DROP DEFAULT;\nALTER TABLE t ALTER b DROP DEFAULT;' }),
    finding('of-rls', { fix: 'ALTER TABLE t ENABLE ROW LEVEL SECURITY;' }),
    finding('of-keys', { fix: 'ALTER TABLE t ALTER a DROP DEFAULT;' }),
    finding('of-grants', { fix: 'REVOKE ALL ON t FROM app;' }),
    finding('of-grants', { fix: 'REVOKE ALL ON u FROM app;', waived: { reason: 'known' } }),
  ];
  expect(await planned(findings)).toEqual({
    together: [
      'REVOKE ALL ON t FROM app',
      'ALTER TABLE t ENABLE ROW LEVEL SECURITY',
      'ALTER TABLE t ALTER a DROP DEFAULT',
      'ALTER TABLE t ALTER b DROP DEFAULT',
    ],
    ...{ apart: [], byHand: [] },
  });
});

it.each([
  ['an index', 'CREATE INDEX i ON t (a);', ['CREATE INDEX CONCURRENTLY i ON t (a)']],
  [
    'a unique index, and the constraint that adopts it',
    'CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t ADD CONSTRAINT i UNIQUE USING INDEX i;',
    ['CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)', 'ALTER TABLE t ADD CONSTRAINT i UNIQUE USING INDEX i'],
  ],
  [
    'an index that takes the place of another',
    'CREATE UNIQUE INDEX j ON t (a); DROP INDEX i; ALTER INDEX j RENAME TO i;',
    ['CREATE UNIQUE INDEX CONCURRENTLY j ON t (a)', 'DROP INDEX CONCURRENTLY i', 'ALTER INDEX j RENAME TO i'],
  ],
  [
    'a constraint that is validated',
    'ALTER TABLE t ADD CONSTRAINT c CHECK (true) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c;',
    ['ALTER TABLE t ADD CONSTRAINT c CHECK (true) NOT VALID', 'ALTER TABLE t VALIDATE CONSTRAINT c'],
  ],
  ['what cannot run in a transaction', 'VACUUM t;', ['VACUUM t']],
])('takes apart %s', async (_, fix, apart) => {
  expect(await planned([finding('of-keys', { fix })])).toEqual({ together: [], apart, byHand: [] });
});

it.each([
  ['CREATE INDEX i ON t (a)', 'index-not-concurrent'],
  ['CREATE UNIQUE INDEX i ON public.t (a)', 'index-not-concurrent'],
  ['DROP INDEX i', 'index-drop-not-concurrent'],
  ['ALTER TABLE t ADD UNIQUE (a)', 'unique-built-in-place'],
  ['ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c PRIMARY KEY (a, b)', 'primary-key-built-in-place'],
  ['ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (b)', 'foreign-key-validated-at-once'],
])('of a partitioned table, %s cannot be done beside the traffic, and says so', async (fix, rule) => {
  const relations = [{ schema: 'public', name: 't', kind: 'partitioned table' as const }];
  expect(await planned([finding('of-keys', { fix: `${fix};` })], relations)).toEqual({
    ...{ together: [`${fix} -- ${rule}`], apart: [], byHand: [] },
  });
});

it('leaves to a person what fails while rows offend', async () => {
  const fix =
    'ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c;';
  const rows = finding('of-data', { evidence: 'data' });
  const keys = finding('of-keys', { fix });
  expect(await planned([keys, rows])).toEqual({ together: [], apart: [], byHand: ['of-keys', 'of-data'] });
  const elsewhere = { ...rows, object: 'u' };
  expect(await planned([keys, elsewhere])).toMatchObject({ apart: [expect.any(String), expect.any(String)] });
});

it('leaves to a person what has no fix, but not what follows from something else', async () => {
  const crossing = finding('of-probe', { evidence: 'probe' });
  expect((await planned([crossing])).byHand).toEqual(['of-probe']);
  expect((await planned([crossing, finding('of-rls')])).byHand).toEqual(['of-rls']);
});
