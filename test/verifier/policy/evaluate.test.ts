import fc from 'fast-check';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../../src/catalog/read.js';
import { classify } from '../../../src/tenancy/classify.js';
import { evaluate } from '../../../src/verifier/policy/evaluate.js';
import { loadSqlParser } from '../../../src/verifier/policy/parse.js';
import { admits, truthOf, type Value } from '../../../src/verifier/policy/value.js';
import { type ContextState, columnsOf, otherTenant, worldOf } from '../../../src/verifier/policy/worlds.js';
import { subjectOf } from '../../../src/verifier/subject.js';
import { useTestDatabase } from '../../support/database.js';
import { baseConfig } from '../../support/leaks.js';

const A = 'aaaaaaaa-0000-0000-0000-000000000000';
const B = 'bbbbbbbb-0000-0000-0000-000000000000';

/** Rows of tenant B, of every shape that the expressions below can tell apart. */
const SCHEMA = `
  CREATE TABLE tenants (id uuid PRIMARY KEY);
  CREATE TABLE rows (tenant_id uuid NOT NULL, n int, s text, b boolean NOT NULL);
  CREATE TABLE other (tenant_id uuid, n int);
  INSERT INTO other VALUES ('${A}', 1);
  INSERT INTO rows SELECT '${B}', n, s, b FROM unnest(ARRAY[NULL, 0, 1]) n, unnest(ARRAY[NULL, '', 'x']) s,
    unnest(ARRAY[true, false]) b;
  CREATE POLICY p ON rows USING (true);
  CREATE FUNCTION cur() RETURNS uuid LANGUAGE sql STABLE
    RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;
  CREATE FUNCTION mine(t uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT t = public.cur()';`;

const db = useTestDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await db.client();
  await client.query(SCHEMA);
});

/** What the evaluator says of an expression, as the catalog writes it, in each state of the context. */
async function predict(expression: string): Promise<Record<ContextState, Value>> {
  await client.query(`ALTER POLICY p ON rows USING (${expression})`);
  const snapshot = await readCatalog(client);
  const model = classify(snapshot, { ...baseConfig('public'), shared: [], appRole: undefined });
  const known = model.relations.find(({ relation }) => relation.name === 'rows');
  const sql = await loadSqlParser();
  const tree = sql.expression(known?.relation.policies[0]?.using ?? '');
  if (!known || !tree) throw new Error(`not parsed: ${known?.relation.policies[0]?.using}`);
  const subject = subjectOf(snapshot, model, sql);
  const column = columnsOf(known, otherTenant(known));
  const value = (context: ContextState) =>
    evaluate(
      tree,
      worldOf(subject, known.relation, { context, column, currentUser: undefined, sessionUser: undefined }),
    );
  return { set: value('set'), unset: value('unset'), empty: value('empty') };
}

/** What PostgreSQL says: of how many of the rows it is true; 'error' where it says nothing. */
async function observe(
  expression: string,
  context: ContextState,
): Promise<'all' | 'some' | 'none' | 'error'> {
  // A setting that was ever set in a session cannot be unset again; another name never was.
  const asked = context === 'unset' ? expression.replaceAll('app.tenant_id', 'app.never_set') : expression;
  const inlined = context === 'unset' ? asked.replaceAll(/\bcur\(\)/g, CUR_UNSET) : asked;
  await client.query('SAVEPOINT s');
  try {
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [context === 'set' ? A : '']);
    const { rows } = await client.query(
      `SELECT count(*)::int AS total, count(*) FILTER (WHERE ${inlined})::int AS passed FROM rows`,
    );
    const { total, passed } = rows[0];
    return passed === 0 ? 'none' : passed === total ? 'all' : 'some';
  } catch {
    return 'error';
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT s');
  }
}

const CUR_UNSET = `(nullif(current_setting('app.never_set', true), '')::uuid)`;

async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

const ATOMS = [
  'true',
  'false',
  'NULL::boolean',
  'b',
  'n IS NULL',
  'n = 1',
  "s = 'x'",
  "s <> ''",
  'b IS NOT NULL',
  'tenant_id = cur()',
  'tenant_id <> cur()',
  'tenant_id IS NOT NULL',
  'tenant_id = tenant_id',
  `tenant_id = '${A}'`,
  'tenant_id IS NOT DISTINCT FROM cur()',
  'tenant_id IS DISTINCT FROM cur()',
  'tenant_id = coalesce(cur(), tenant_id)',
  "tenant_id::text = current_setting('app.tenant_id', true)",
  "tenant_id = current_setting('app.tenant_id')::uuid",
  "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid",
  "current_setting('app.tenant_id', true) IS NULL",
  "current_setting('app.tenant_id', true) = ''",
  "coalesce(current_setting('app.tenant_id', true), '') = ''",
  'cur() IS NULL',
  'tenant_id IN (cur())',
  'tenant_id IN (SELECT cur())',
  'tenant_id = (SELECT cur())',
  '(tenant_id, b) = (cur(), true)',
  'EXISTS (SELECT 1 WHERE tenant_id = cur())',
  'tenant_id IN (SELECT o.tenant_id FROM other o)',
  'n = ANY (ARRAY[0, 1])',
  'n BETWEEN 0 AND 1',
  'length(s) = 1',
];

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...ATOMS).map((atom) => `(${atom})`),
      fc.tuple(inner, fc.constantFrom('AND', 'OR'), inner).map(([a, op, b]) => `(${a} ${op} ${b})`),
      inner.map((a) => `(NOT ${a})`),
      fc
        .tuple(inner, fc.constantFrom('TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE', 'UNKNOWN'))
        .map(([a, test]) => `(${a} IS ${test})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `CASE WHEN ${a} THEN ${b} ELSE ${c} END`),
      fc.tuple(inner, inner).map(([a, b]) => `coalesce(${a}, ${b})`),
    ),
  };
});

/** The one thing it can be, 'some' where rows of either kind exist, '?' where nobody can say. */
function shown(value: Value): string {
  const [only, ...others] = truthOf(value).may;
  return others.length === 0 ? String(only) : admits(value) ? 'some' : '?';
}

describe('evaluate', () => {
  it('never contradicts PostgreSQL', async () => {
    await fc.assert(
      fc.asyncProperty(expression, (text) =>
        inTransaction(async () => {
          const predicted = await predict(text);
          for (const context of ['set', 'unset', 'empty'] as const) {
            const observed = await observe(text, context);
            const value = predicted[context];
            const said = `${context}: ${shown(value)} of ${text}`;
            // An error is as good as no row, and which of two operands PostgreSQL asks first is its own business.
            if (observed === 'error') continue;
            const { may } = truthOf(value);
            if (!may.has('true')) expect(observed, said).toBe('none');
            if (may.size === 1 && may.has('true')) expect(observed, said).toBe('all');
          }
        }),
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  it.each([
    ['tenant_id = cur()', ['false', 'null', 'null']],
    ['mine(tenant_id)', ['false', 'null', 'null']],
    ["tenant_id = current_setting('app.tenant_id')::uuid", ['false', 'error', 'error']],
    ['tenant_id IS NOT NULL', ['true', 'true', 'true']],
    ['tenant_id = cur() OR n IS NULL', ['some', 'some', 'some']],
    ["current_setting('app.tenant_id', true) IS NULL OR tenant_id = cur()", ['false', 'true', 'null']],
    ['tenant_id = coalesce(cur(), tenant_id)', ['false', 'true', 'true']],
    ['(tenant_id <> cur()) IS NOT TRUE', ['false', 'true', 'true']],
    [`tenant_id = '${B}'`, ['some', 'some', 'some']],
    ['EXISTS (SELECT FROM other o WHERE o.tenant_id = o.tenant_id)', ['some', 'some', 'some']],
    ['EXISTS (SELECT FROM other o WHERE o.tenant_id = rows.tenant_id)', ['?', '?', '?']],
    ["tenant_id::text LIKE current_setting('app.tenant_id', true)", ['?', 'null', '?']],
  ])('%s', async (text, expected) => {
    const { set, unset, empty } = await inTransaction(() => predict(text));
    expect([set, unset, empty].map(shown)).toEqual(expected);
  });
});
