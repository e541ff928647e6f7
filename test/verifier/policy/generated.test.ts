import fc from 'fast-check';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../../src/catalog/read.js';
import { classify } from '../../../src/tenancy/classify.js';
import { branchesOf, roleOf } from '../../../src/verifier/policy/combine.js';
import { loadSqlParser } from '../../../src/verifier/policy/parse.js';
import type { Decided } from '../../../src/verifier/policy/reason/decide.js';
import type { Value } from '../../../src/verifier/policy/reason/value.js';
import { plainText } from '../../../src/verifier/policy/reason/value.js';
import type { Witness } from '../../../src/verifier/policy/reason/witness.js';
import { subjectOf } from '../../../src/verifier/subject.js';
import { createLogin, useTestDatabase } from '../../support/database.js';
import { baseConfig } from '../../support/leaks.js';
import { expressions } from './generated/expressions.js';
import { fill, KEYS, SCHEMA, TABLES, type Table } from './generated/schema.js';

/** npm run test:policies takes 10,000; POLICY_SEED repeats a run. */
const RUNS = Number(process.env.POLICY_RUNS ?? 240);
const SEED = Number(process.env.POLICY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const BATCH = 240;

const db = useTestDatabase();
let client: pg.Client;
let never: pg.Client;
let app: string;
beforeAll(async () => {
  client = await db.client();
  never = await db.client();
  await client.query(SCHEMA);
  ({ role: app } = await createLogin(db, 'policies'));
});

/** One generated policy, as the catalog writes it, and what was decided about it. */
interface Case {
  written: string;
  text: string;
  decided: Decided;
}

async function decideAll(table: Table, written: readonly string[]): Promise<Case[]> {
  await client.query('BEGIN');
  await client.query('SELECT make_policies($1, $2)', [written, table]);
  const snapshot = await readCatalog(client);
  await client.query('ROLLBACK');
  const config = { ...baseConfig('public'), shared: [], appRole: app };
  const model = classify(snapshot, config);
  const subject = subjectOf(snapshot, model, await loadSqlParser());
  const known = model.relations.find(({ relation }) => relation.name === table);
  const [actor] = subject.app.actors;
  if (!known || !actor) throw new Error(`${table} is not there`);
  return known.relation.policies.flatMap((policy) => {
    const alone = { ...known, relation: { ...known.relation, policies: [policy] } };
    const [branch] = branchesOf(subject, alone, roleOf(actor), 'select', 'using');
    const at = Number(policy.name.slice(1)) - 1;
    return branch ? [{ written: written[at] ?? '', text: branch.text, decided: branch.decided }] : [];
  });
}

const STATES = ['set', 'unset', 'empty'] as const;

/** A setting that was ever set in a session cannot be unset again; the other session never had it. */
async function inContext<T>(
  state: (typeof STATES)[number],
  table: Table,
  work: (session: pg.Client) => Promise<T>,
): Promise<T> {
  const session = state === 'unset' ? never : client;
  await session.query('BEGIN');
  try {
    if (state !== 'unset') {
      await session.query(`SELECT set_config('app.tenant_id', $1, true)`, [
        state === 'set' ? KEYS[table][0] : '',
      ]);
    }
    return await work(session);
  } finally {
    await session.query('ROLLBACK');
  }
}

/** For each expression, how many rows of other tenants pass, in the worst of the database's states. */
async function observe(
  table: Table,
  texts: readonly string[],
  states: readonly number[],
): Promise<string[][]> {
  const seen: string[][] = texts.map(() => []);
  for (const context of STATES) {
    await inContext(context, table, async (session) => {
      for (const state of states) {
        await session.query(fill(table, state));
        await session.query(`SELECT set_config('role', $1, true)`, [app]);
        const whose = context === 'set' ? `tenant_id <> '${KEYS[table][0]}'` : 'tenant_id IS NOT NULL';
        await session.query('RESET ROLE');
        // Whoever owns the table sees its rows; the subqueries are the application's.
        await session.query(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
        await session.query(`SET LOCAL ROLE ${app}`);
        const { rows } = await session.query(
          `SELECT passing('(' || x || ') AND ${whose.replaceAll("'", "''")}', $2) AS passed FROM unnest($1::text[]) WITH ORDINALITY u(x, i) ORDER BY i`,
          [texts, table],
        );
        await session.query('RESET ROLE');
        for (const [index, { passed }] of rows.entries()) seen[index]?.push(passed);
      }
    });
  }
  return seen;
}

const jsonOf = (row: ReadonlyMap<string, Value>) =>
  Object.fromEntries(
    [...row].map(([name, value]) => {
      const plain = plainText(value);
      return [name, value.kind === 'object' || value.kind === 'list' ? asJson(value) : plain];
    }),
  );

function asJson(value: Value): unknown {
  if (value.kind === 'list') return value.items.map(asJson);
  if (value.kind === 'object')
    return Object.fromEntries([...value.fields].map(([name, field]) => [name, asJson(field)]));
  return value.kind === 'const' ? value.value : null;
}

async function agrees(table: Table, { text, decided: { finding } }: Case): Promise<string> {
  if (finding.outcome !== 'refuted') throw new Error('only what is refuted has a witness');
  const { witness, context } = finding;
  return inContext(context, table, async (session) => {
    if (context === 'set') {
      await session.query(`SELECT set_config('app.tenant_id', $1, true)`, [plainText(witness.asked)]);
    }
    await session.query(`TRUNCATE ${table}, ${table}_parents, ${table}_members, flags`);
    const { rows } = await session.query('SELECT witnessed($1, $2, $3, $4, $5) AS result', [
      text,
      table,
      JSON.stringify(jsonOf(withTenant(witness, table))),
      JSON.stringify(
        witness.others.map(({ relation, row }) => ({
          table: relation.name,
          row: filled(relation.name, row),
        })),
      ),
      app,
    ]);
    return rows[0].result;
  });
}

/** Where the policy asks for no tenant at all, the row is some tenant's all the same. */
const withTenant = ({ row }: Witness, table: Table) =>
  row.has('tenant_id')
    ? row
    : new Map<string, Value>([...row, ['tenant_id', { kind: 'const', type: 'text', value: KEYS[table][1] }]]);

let nextId = 70_000;

/** What a NOT NULL column of a companion holds that nothing asked for. */
function filled(name: string, row: ReadonlyMap<string, Value>): Record<string, unknown> {
  const table = TABLES.find((each) => name.startsWith(`${each}_`)) ?? 'by_uuid';
  const defaults = name.endsWith('_members')
    ? { tenant_id: KEYS[table][1], who: KEYS[table][1], role: 'x' }
    : name.endsWith('_parents')
      ? { tenant_id: KEYS[table][1], id: nextId++, open: true }
      : { name: 'x' };
  return { ...defaults, ...jsonOf(row) };
}

describe('the reasoner', () => {
  it(`never contradicts PostgreSQL (${RUNS} policies, POLICY_SEED=${SEED})`, async () => {
    const wrong: string[] = [];
    const counts: Record<string, number> = { proved: 0, 'proved by lookup': 0, refuted: 0, unknown: 0 };
    let reasoning = 0;
    for (let done = 0, batch = 0; done < RUNS; batch += 1) {
      const table = TABLES[batch % TABLES.length] ?? 'by_uuid';
      const written = fc.sample(expressions(table), {
        numRuns: Math.min(BATCH, RUNS - done),
        seed: SEED + batch,
      });
      const started = performance.now();
      const cases = await decideAll(table, written);
      reasoning += performance.now() - started;
      done += written.length;
      const proved = cases.filter(({ decided: { finding } }) => finding.outcome === 'proved');
      const seen = await observe(
        table,
        proved.map(({ text }) => text),
        [0, 1, 2],
      );
      proved.forEach(({ text, decided: { finding } }, index) => {
        const lookup = finding.outcome === 'proved' && finding.through.length > 0;
        counts[lookup ? 'proved by lookup' : 'proved'] =
          (counts[lookup ? 'proved by lookup' : 'proved'] ?? 0) + 1;
        // In the last state another tenant's rows are given to the one that asks.
        const passed = (seen[index] ?? []).filter((_, at) => !lookup || at % 3 !== 2);
        if (passed.some((rows) => !rows.startsWith('error') && rows !== '0')) {
          wrong.push(`proved, but ${seen[index]}: ${table} ${text} ${JSON.stringify(finding)}`);
        }
      });
      for (const each of cases.filter(({ decided: { finding } }) => finding.outcome !== 'proved')) {
        const { finding } = each.decided;
        counts[finding.outcome] = (counts[finding.outcome] ?? 0) + 1;
        if (finding.outcome !== 'refuted') continue;
        const result = await agrees(table, each);
        if (result !== 'true') {
          wrong.push(
            `refuted, but ${result} in context ${finding.context}: ${table} ${each.text} ${JSON.stringify(finding.witness, (key, value) => (value instanceof Map ? Object.fromEntries(value) : key === 'relation' ? value.name : value))}`,
          );
        }
      }
    }
    console.info(`POLICY_SEED=${SEED}: ${JSON.stringify(counts)}, decided in ${Math.round(reasoning)} ms`);
    expect(wrong).toEqual([]);
  }, 3_600_000);
});
