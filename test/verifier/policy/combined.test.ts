import fc from 'fast-check';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../../src/catalog/read.js';
import { quoteIdent } from '../../../src/identifiers.js';
import { classify } from '../../../src/tenancy/classify.js';
import { EXPRESSIONS } from '../../../src/verifier/policy/applying.js';
import { branchesOf, roleOf } from '../../../src/verifier/policy/combine.js';
import { loadSqlParser } from '../../../src/verifier/policy/parse.js';
import type { ContextState } from '../../../src/verifier/policy/reason/session.js';
import { plainText } from '../../../src/verifier/policy/reason/value.js';
import type { Witness } from '../../../src/verifier/policy/reason/witness.js';
import { subjectOf } from '../../../src/verifier/subject.js';
import { createLogin, dropRoleWith, useTestDatabase } from '../../support/database.js';
import { baseConfig } from '../../support/leaks.js';
import { ASKED, ATTEMPTS } from './generated/attempts.js';
import { type Combination, combinations, OTHER, written } from './generated/policies.js';

/** npm run test:policies takes 2,000 tables, with five decisions for each of two roles; POLICY_SEED repeats a run. */
const RUNS = Math.ceil(Number(process.env.POLICY_RUNS ?? 200) / 5);
const SEED = Number(process.env.POLICY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const BATCH = 50;

const db = useTestDatabase();
let client: pg.Client;
let never: pg.Client;
/** The application's login; a group of its; a group of that one; one that it has to SET ROLE to; a stranger's. */
const roles: string[] = [];
beforeAll(async () => {
  client = await db.client();
  never = await db.client();
  const { role: app } = await createLogin(db, 'combined', { attributes: 'INHERIT' });
  const [group, upper, other, stranger] = ['group', 'upper', 'other', 'stranger'].map(
    (name) => `${app}_${name}`,
  );
  roles.push(app, ...[group, upper, other, stranger].flatMap((name) => name ?? []));
  for (const name of roles.slice(1)) {
    await client.query(`CREATE ROLE ${quoteIdent(name)} NOLOGIN`);
    dropRoleWith(db, name);
  }
  await client.query(`GRANT ${group} TO ${app}; GRANT ${upper} TO ${group}`);
  await client.query(`GRANT ${other} TO ${app} ${await withoutInheriting()}`);
  await client.query(ATTEMPTS);
});

/** Before PostgreSQL 16 the member's own attribute decides: there, all is inherited. */
async function withoutInheriting(): Promise<string> {
  const { rows } = await client.query(`SELECT current_setting('server_version_num')::int >= 160000 AS new`);
  return rows[0].new ? 'WITH INHERIT FALSE' : '';
}

/** What was decided about the policies of one table, for one role, command and expression. */
interface Decision {
  table: string;
  role: string;
  command: string;
  expression: string;
  outcome: 'proved' | 'refuted' | 'unknown';
  witness: { context: ContextState; rows: Witness } | undefined;
}

async function decideAll(combined: readonly Combination[]): Promise<Decision[]> {
  const tables = combined.map((each, at) => [`t${at}`, each] as const);
  for (const [table, each] of tables) {
    await client.query(`SELECT make_table('${table}'); ${written(table, each, roles)}`);
  }
  // In a transaction it sets the search path, and names come qualified.
  await client.query('BEGIN');
  const snapshot = await readCatalog(client);
  await client.query('ROLLBACK');
  const model = classify(snapshot, { ...baseConfig('public'), shared: [], appRole: roles[0] });
  const subject = subjectOf(snapshot, model, await loadSqlParser());
  const made = model.relations.filter(({ relation }) => /^t\d+$/.test(relation.name));
  expect(made).toHaveLength(combined.length);
  expect(subject.app.actors.map(({ name }) => name).sort()).toEqual(roles.slice(0, 4).sort());
  const [app, ...others] = subject.app.actors;
  return made.flatMap((known, at) =>
    [app, others[at % others.length]]
      .flatMap((actor) => actor ?? [])
      .flatMap((actor) =>
        EXPRESSIONS.map(([command, expression]): Decision => {
          const findings = branchesOf(subject, known, roleOf(actor), command, expression).map(
            ({ decided }) => decided.finding,
          );
          const refuted = findings.find((finding) => finding.outcome === 'refuted');
          const witness = refuted && { context: refuted.context, rows: refuted.witness };
          const isOpen = findings.some(({ outcome }) => outcome !== 'proved');
          const outcome = refuted ? 'refuted' : isOpen ? 'unknown' : 'proved';
          return { table: known.relation.name, role: actor.name, command, expression, outcome, witness };
        }),
      ),
  );
}

/** A setting that was ever set in a session cannot be unset again; the other session never had it. */
async function inContext<T>(
  context: ContextState,
  asked: string | null,
  work: (session: pg.Client) => Promise<T>,
): Promise<T> {
  const session = context === 'unset' ? never : client;
  await session.query('BEGIN');
  try {
    if (context !== 'unset') {
      await session.query(`SELECT set_config('app.tenant_id', $1, true)`, [context === 'set' ? asked : '']);
    }
    return await work(session);
  } finally {
    await session.query('ROLLBACK');
  }
}

/** What of other tenants comes through after all. */
async function crossings(context: ContextState, proved: readonly Decision[]): Promise<string[]> {
  return inContext(context, ASKED, async (session) => {
    const { rows } = await session.query<{ crossed: string }>(
      `SELECT crossings(d ->> 'table', d ->> 'command', d ->> 'expression', d ->> 'role') AS crossed
        FROM jsonb_array_elements($1) WITH ORDINALITY AS e (d, i) ORDER BY i`,
      [JSON.stringify(proved)],
    );
    return rows.map(({ crossed }) => crossed);
  });
}

/** What PostgreSQL says of the row that is to come through: true, or how it is refused. */
async function admits({ table, role, command, expression, witness }: Decision): Promise<string> {
  if (!witness) throw new Error('only what is refuted has a witness');
  const { context, rows } = witness;
  const given = Object.fromEntries([...rows.row].map(([name, value]) => [name, plainText(value)]));
  const row = JSON.stringify({ tenant_id: OTHER, b: false, ...given, id: 1000 });
  return inContext(context, plainText(rows.asked), async (session) => {
    if (expression === 'check') {
      if (command === 'update') {
        const { rows: left } = await session.query('SELECT leave_reachable($1, $2) AS is', [table, role]);
        if (!left[0].is) return 'unreached';
      }
      const { rows: said } = await session.query('SELECT writes($1, $2, $3, $4) AS result', [
        ...[table, command, row, role],
      ]);
      return said[0].result;
    }
    await session.query('SELECT fill($1, 0)', [table]);
    await session.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_record(NULL::${table}, $1)`, [
      row,
    ]);
    const { rows: said } = await session.query('SELECT found_by($1, $2, $3) AS found', [
      table,
      command,
      role,
    ]);
    return /\b1000\b/.test(said[0].found ?? '') ? 'true' : `not found: ${said[0].found}`;
  });
}

describe('policies that stand together', () => {
  it(`come through PostgreSQL's own row level security as decided (${RUNS} tables, POLICY_SEED=${SEED})`, async () => {
    const wrong: string[] = [];
    const counts: Record<string, number> = { proved: 0, refuted: 0, unknown: 0, unreached: 0 };
    let reasoning = 0;
    for (let done = 0, batch = 0; done < RUNS; batch += 1) {
      const numRuns = Math.min(BATCH, RUNS - done);
      const combined = fc.sample(combinations(roles.length), { numRuns, seed: SEED + batch });
      done += combined.length;
      const started = performance.now();
      const decisions = await decideAll(combined);
      reasoning += performance.now() - started;
      const made = combined.map((each, at) => written(`t${at}`, each, roles));
      const shown = (decision: Decision, said: string) =>
        `${JSON.stringify(decision, plainly)}: ${said}\n${made[Number(decision.table.slice(1))]}`;
      for (const { outcome } of decisions) counts[outcome] = (counts[outcome] ?? 0) + 1;
      const proved = decisions.filter(({ outcome }) => outcome === 'proved');
      for (const context of ['set', 'unset', 'empty'] as const) {
        for (const [at, crossed] of (await crossings(context, proved)).entries()) {
          const decision = proved[at];
          if (crossed !== '' && decision) wrong.push(shown(decision, `${context}: rows ${crossed}`));
        }
      }
      for (const decision of decisions.filter(({ outcome }) => outcome === 'refuted')) {
        const said = await admits(decision);
        if (said === 'unreached') counts.unreached = (counts.unreached ?? 0) + 1;
        else if (said !== 'true') wrong.push(shown(decision, said));
      }
      await client.query(combined.map((_, at) => `DROP TABLE t${at}; DROP FUNCTION t${at}_f`).join('; '));
    }
    console.info(`POLICY_SEED=${SEED}: ${JSON.stringify(counts)}, decided in ${Math.round(reasoning)} ms`);
    expect(wrong).toEqual([]);
  }, 3_600_000);
});

const plainly = (key: string, value: unknown) =>
  value instanceof Map ? Object.fromEntries(value) : key === 'relation' ? undefined : value;
