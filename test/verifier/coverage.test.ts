import { expect, it } from 'vitest';
import { coverageOf } from '../../src/verifier/coverage.js';
import type { Proof } from '../../src/verifier/probe/proof/proof.js';

const proof = (changes: Partial<Proof>): Proof => ({
  ...{
    command: 'select',
    form: 'by key',
    context: 'tenant',
    result: 'denied',
    by: 'policy',
    statement: 'select 1',
  },
  ...changes,
});

it('says of each command and context the worst, with the statement', () => {
  const proofs = [
    proof({ command: 'update', context: 'empty', result: 'failed', by: undefined, detail: 'a lock' }),
    proof({}),
    proof({ result: 'crossed', by: undefined, statement: 'select 2', detail: 'read a row' }),
    proof({ by: 'privilege' }),
    proof({ context: 'unknown', by: 'error' }),
  ];
  expect(coverageOf(proofs)).toEqual([
    {
      ...{ command: 'select', context: 'tenant', result: 'crossed', tried: 3, by: ['policy', 'privilege'] },
      ...{ statement: 'select 2', detail: 'read a row' },
    },
    {
      ...{ command: 'select', context: 'unknown', result: 'denied', tried: 1, by: ['error'] },
      ...{ statement: null, detail: null },
    },
    {
      ...{ command: 'update', context: 'empty', result: 'failed', tried: 1, by: [] },
      ...{ statement: 'select 1', detail: 'a lock' },
    },
  ]);
});
