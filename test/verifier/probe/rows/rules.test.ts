import { expect, it } from 'vitest';
import type { Relation } from '../../../../src/catalog/snapshot.js';
import { namesIn, ruleFrom } from '../../../../src/verifier/probe/rows/rules.js';

const relation = { columns: ['état', 'n', 'at'].map((name) => ({ name })) } as unknown as Relation;

it('reads a CHECK constraint, whatever follows it', async () => {
  const rule = await ruleFrom(
    'c',
    `CHECK ((("état" = 'é)'::text) AND (n > '-5'::integer))) NOT VALID`,
    relation,
  );
  expect(rule).toEqual({
    ...{ name: 'c', expression: `((("état" = 'é)'::text) AND (n > '-5'::integer)))` },
    ...{ columns: ['état', 'n'], texts: ['é)', '-5'], numbers: [] },
  });
});

it('leaves the columns of other relations out', async () => {
  const rule = await ruleFrom('c', 'CHECK ((f(n, other) < 0))', relation);
  expect(rule).toMatchObject({ columns: ['n'], numbers: ['0'] });
});

it('finds what a query names, however deep', async () => {
  const { columns, texts, numbers } = await namesIn(
    "SELECT k.a FROM t k WHERE EXISTS (SELECT FROM u WHERE u.b IN ('x', 'y') AND k.c BETWEEN 1 AND 2.5)",
  );
  expect([[...columns].sort(), [...texts], [...numbers]]).toEqual([
    ['a', 'b', 'c'],
    ['x', 'y'],
    ['1', '2.5'],
  ]);
});
