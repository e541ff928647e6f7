import type pg from 'pg';
import { readCatalog } from '../../../src/catalog/read.js';
import { classify } from '../../../src/tenancy/classify.js';
import type { ContextConfig } from '../../../src/tenancy/config.js';
import type { Command, Expression } from '../../../src/verifier/policy/applying.js';
import { branchesOf, roleOf } from '../../../src/verifier/policy/combine.js';
import { loadSqlParser } from '../../../src/verifier/policy/parse.js';
import { describeWitness } from '../../../src/verifier/policy/reason/describe.js';
import { subjectOf } from '../../../src/verifier/subject.js';
import { baseConfig } from '../../support/leaks.js';

/** What is asked about one policy, with all that there is. */
export interface Asked {
  table: string;
  /** The condition of USING, or a whole CREATE POLICY. */
  policy: string;
  context?: ContextConfig | undefined;
  /** SQL that comes before it. */
  also?: string;
  appRole?: string;
  about?: [Command, Expression];
}

/** What is said of one policy, in one line. */
export async function sayOf(client: pg.Client, asked: Asked): Promise<string> {
  const {
    table,
    policy,
    context,
    also = '',
    appRole,
    about: [command, expression] = ['select', 'using'],
  } = asked;
  await client.query('BEGIN');
  try {
    await client.query(also);
    await client.query(
      policy.startsWith('CREATE') ? policy : `CREATE POLICY p ON ${table} FOR SELECT USING (${policy})`,
    );
    const snapshot = await readCatalog(client);
    const config = { ...baseConfig('public'), shared: [], appRole, ...(context && { context }) };
    const model = classify(snapshot, config);
    const subject = subjectOf(snapshot, model, await loadSqlParser());
    const known = model.relations.find(({ relation }) => relation.name === table);
    const [actor] = subject.app.actors;
    if (!known || !actor) throw new Error(`${table} is not there`);
    const [branch] = branchesOf(subject, known, roleOf(actor), command, expression);
    const finding = branch?.decided.finding;
    if (finding?.outcome === 'proved') return ['proved', ...finding.through].join(' ');
    if (finding?.outcome === 'unknown') return `unknown: ${finding.why}`;
    return finding ? `${finding.how}: ${describeWitness(finding.witness, known)}` : 'nothing';
  } finally {
    await client.query('ROLLBACK');
  }
}
