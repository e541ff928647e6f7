import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../../src/catalog/read.js';
import type { Relation } from '../../../src/catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../../src/identifiers.js';
import { classify } from '../../../src/tenancy/classify.js';
import { contextStatements } from '../../../src/tenancy/context.js';
import { decisionsOf, type PolicyDecision } from '../../../src/verifier/policy/decisions.js';
import { loadSqlParser } from '../../../src/verifier/policy/parse.js';
import { keysToTry, namedIn, valuesFor } from '../../../src/verifier/policy/reason/candidates.js';
import { typeOfColumn } from '../../../src/verifier/policy/reason/types.js';
import { plainText } from '../../../src/verifier/policy/reason/value.js';
import { policyEvaluation } from '../../../src/verifier/probe/trials/policies.js';
import { subjectOf } from '../../../src/verifier/subject.js';
import { createLogin, createTestDatabase, type TestDatabase } from '../../support/database.js';
import { baseConfig } from '../../support/leaks.js';
import { type Entry, type Project, readCorpus } from './corpus/read.js';

const corpus = await readCorpus();
const outcomes: string[] = [];

type Subject = ReturnType<typeof subjectOf>;

interface Judged {
  subject: Subject;
  relation: Relation;
  tenantColumn: string | undefined;
  decisions: PolicyDecision[];
}

describe.each(corpus.map((project) => [project.name, project] as const))('%s', (_name, project) => {
  let db: TestDatabase;
  let client: pg.Client;
  let never: pg.Client;
  let app: string;
  beforeAll(async () => {
    db = await createTestDatabase();
    ({ role: app } = await createLogin(db, 'corpus'));
    client = await db.client();
    never = await db.client();
    await client.query(
      `${project.schema}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${app}`,
    );
  });
  afterAll(() => db.drop());

  it.each(project.policies.map((entry) => [entry.sql, entry] as const))('%s', async (_sql, entry) => {
    const judged = await judge(client, project, entry, app);
    const worst = ['refuted', 'unknown', 'proved'].find((outcome) =>
      judged.decisions.some((decision) => decision.outcome === outcome),
    );
    outcomes.push(worst ?? 'nothing');
    expect(`${worst}: ${entry.reason}`, JSON.stringify(judged.decisions)).toBe(
      `${entry.expected}: ${entry.reason}`,
    );
    for (const context of ['set', 'unset', 'empty'] as const) {
      const session = context === 'unset' ? never : client;
      await session.query('BEGIN');
      try {
        await session.query(entry.sql);
        await session.query('SET LOCAL session_replication_role = replica');
        await session.query(`ALTER TABLE ${quoteName(judged.relation)} ENABLE ROW LEVEL SECURITY`);
        for (const decision of judged.decisions.filter(({ witness }) => witness?.context === context)) {
          expect(await admits(session, project, judged, decision, app), decision.reason).toBe('true');
        }
        if (worst === 'proved') await expectNothing(session, project, judged, context, app);
      } finally {
        await session.query('ROLLBACK');
      }
    }
  });
});

it('decides at least 90 of 100 policies', () => {
  const decided = outcomes.filter((outcome) => outcome === 'proved' || outcome === 'refuted').length;
  console.info(`decided ${decided} of ${outcomes.length}`);
  expect(outcomes).toHaveLength(100);
  expect(decided).toBeGreaterThanOrEqual(90);
});

async function judge(client: pg.Client, project: Project, { sql }: Entry, app: string): Promise<Judged> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    const { rows } = await client.query<{ oid: number; name: string }>(
      `SELECT DISTINCT c.oid::int, c.oid::regclass::text AS name FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE p.xmin::text::bigint = pg_current_xact_id()::text::bigint`,
    );
    const [made] = rows;
    if (!made) throw new Error(`no policy was made by ${sql}`);
    await client.query(`ALTER TABLE ${made.name} ENABLE ROW LEVEL SECURITY`);
    const snapshot = await readCatalog(client);
    const { context, columns } = project;
    const config = { ...baseConfig('public'), shared: [], appRole: app, context, columns };
    const model = classify(snapshot, { ...config, root: { schema: 'public', name: project.root } });
    const subject = subjectOf(snapshot, model, await loadSqlParser());
    const known = subject.classified(made.oid);
    if (!known) throw new Error(`${made.name} is not there`);
    const decisions = decisionsOf(subject).of.get(made.oid) ?? [];
    return { subject, relation: known.relation, tenantColumn: known.tenantColumn, decisions };
  } finally {
    await client.query('ROLLBACK');
  }
}

type Row = Record<string, string | null>;

/** Whether PostgreSQL lets the witness through, with the rows beside it that it needs. */
async function admits(
  session: pg.Client,
  project: Project,
  { subject, relation }: Judged,
  { witness, command, expression, policy }: PolicyDecision,
  app: string,
): Promise<string> {
  if (!witness) throw new Error('only what is refuted has a witness');
  await session.query('SAVEPOINT w');
  for (const other of witness.others) {
    const table = subject.snapshot.relations.find(({ name }) => name === other.relation);
    if (table) await insert(session, table, other.row);
  }
  if (witness.context === 'set') await setContext(session, project, witness.asked ?? '');
  if (witness.context === 'empty') await setEmpty(session, project);
  const roles = new Set([app]);
  const row = new Map(
    relation.columns.map(({ name }) => [name, complete(relation, witness.row)[name] ?? null]),
  );
  const statement = policyEvaluation(relation, roles, command, row);
  const check = relation.policies.find(({ name }) => name === policy)?.check;
  const isMove = command === 'update' && expression === 'check' && check !== undefined;
  await session.query(`SET LOCAL SESSION AUTHORIZATION ${app}`);
  const text = isMove
    ? statement.text.replace(/^select \(.*\)::text\n/s, `select (${check})::text\n`)
    : statement.text;
  const { rows } = await session.query({ text, values: [...(statement.values ?? [])], rowMode: 'array' });
  await session.query('ROLLBACK TO SAVEPOINT w');
  return String(rows[0]?.[0]);
}

/** Another tenant's rows of many shapes, and none of them is to be seen, changed or deleted. */
async function expectNothing(
  session: pg.Client,
  project: Project,
  { subject, relation, tenantColumn }: Judged,
  context: 'set' | 'unset' | 'empty',
  app: string,
): Promise<void> {
  const root = subject.tenancy.root;
  const key = root?.relation.columns.find(({ name }) => name === root.tenantColumn);
  const [keys] = key ? keysToTry(typeOfColumn(key).name, undefined, {}) : [];
  if (!keys) throw new Error('keys are of a type that is not known');
  const trees = relation.policies
    .flatMap(({ using, check }) => [using, check])
    .map((text) => text && subject.sql.expression(text));
  for (let index = 0; index < 40; index += 1) {
    const row: Row = {};
    for (const [at, column] of relation.columns.entries()) {
      const values = valuesFor(column, namedIn(trees), keys);
      const options = [...values.map(plainText), ...(column.notNull ? [] : [null])];
      row[column.name] = options[(index * (at + 1) + at) % options.length] ?? null;
      if (column.name === 'id')
        row[column.name] = typeOfColumn(column).name === 'uuid' ? null : String(index + 50);
      if (column.name === tenantColumn) row[column.name] = plainText(keys.own);
    }
    await session.query('SAVEPOINT r');
    // A shape that its own constraints forbid is none.
    await insert(session, relation, row).catch(() => session.query('ROLLBACK TO SAVEPOINT r'));
  }
  if (context === 'set') await setContext(session, project, plainText(keys.asked) ?? '');
  if (context === 'empty') await setEmpty(session, project);
  await session.query(`SET LOCAL SESSION AUTHORIZATION ${app}`);
  const [column] = relation.columns;
  const name = quoteIdent(column?.name ?? '');
  for (const statement of [
    `SELECT * FROM ${quoteName(relation)}`,
    `UPDATE ${quoteName(relation)} SET ${name} = DEFAULT`,
    `DELETE FROM ${quoteName(relation)}`,
  ]) {
    await session.query('SAVEPOINT s');
    const count = await session.query(statement).then(
      ({ rowCount }) => rowCount,
      () => 0,
    );
    await session.query('ROLLBACK TO SAVEPOINT s');
    expect(count, `${context}: ${statement}`).toBe(0);
  }
}

async function setContext(session: pg.Client, { context }: Project, tenant: string): Promise<void> {
  for (const { text, values } of (await contextStatements(context))(tenant))
    await session.query(text, values);
}

async function setEmpty(session: pg.Client, { context }: Project): Promise<void> {
  const name = 'setting' in context ? context.setting : 'request.jwt.claims';
  await session.query(`SELECT set_config($1, '', true)`, [name]);
}

async function insert(session: pg.Client, relation: Relation, given: Row): Promise<void> {
  await session.query(
    `INSERT INTO ${quoteName(relation)} SELECT * FROM jsonb_populate_record(NULL::${quoteName(relation)}, $1)`,
    [JSON.stringify(complete(relation, given))],
  );
}

let serial = 0;

/** What a column holds that must hold something, and nobody asked for. */
function complete(relation: Relation, given: Row): Row {
  serial += 1;
  const fill: Record<string, string> = {
    ...{
      uuid: `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`,
      bool: 'false',
      text: `t${serial}`,
      varchar: 'x',
    },
    ...{ int4: '0', int8: String(serial + 5000), date: '2020-01-01' },
  };
  return Object.fromEntries(
    relation.columns.map((column) => {
      const { name: type } = typeOfColumn(column);
      const value = given[column.name];
      return [column.name, value ?? (column.notNull ? (column.enumLabels[0] ?? fill[type] ?? '0') : null)];
    }),
  );
}
