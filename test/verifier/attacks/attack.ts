import { expect } from 'vitest';
import type { TenancyConfig } from '../../../src/tenancy/config.js';
import { verify } from '../../../src/verifier/verify.js';
import type { VerifyResult } from '../../../src/verifier/verify-result.js';
import { databaseAt } from '../../support/connect.js';
import { openShop, type Shop, TENANCY } from '../probe/shop.js';

export const [A, B] = ['aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'];

export const ROWS = `INSERT INTO tenants VALUES ('${A}', 'a'), ('${B}', 'b');
  INSERT INTO parents (tenant_id, id, name, email) VALUES ('${A}', '${A}', 'mine', 'mine'), ('${B}', '${B}', 'theirs', 'theirs');`;

/** A login that has planted nothing, in a database without rows, as a pipeline's is. */
export async function verdictOn(shop: Shop, changes: Partial<TenancyConfig> = {}): Promise<VerifyResult> {
  return verify({
    tenancy: { ...TENANCY, appRole: shop.login.role, ...changes },
    auditor: await databaseAt(shop.db.url),
    app: await databaseAt(shop.login.url),
    now: new Date(),
    onEvent: () => {},
  });
}

/** What a session of the first tenant gets to read of the second one's, or what an error tells it. */
export async function crossed(shop: Shop, statements: readonly string[]): Promise<boolean> {
  const session = await shop.db.client();
  const answers: string[] = [];
  await session.query('BEGIN');
  try {
    await session.query(`SET LOCAL SESSION AUTHORIZATION ${shop.login.role}`);
    await session.query(`SELECT set_config('app.tenant_id', $1, true)`, [A]);
    for (const statement of statements)
      answers.push(JSON.stringify((await session.query(statement)).rows ?? []));
  } catch (error) {
    answers.push(String(error));
  } finally {
    await session.query('ROLLBACK');
  }
  return answers.some((answer) => answer.includes('theirs'));
}

export const definer = (signature: string, returns: string, body: string, language = 'sql') =>
  `CREATE FUNCTION ${signature} RETURNS ${returns} LANGUAGE ${language} SECURITY DEFINER SET search_path = public, pg_temp AS $$ ${body} $$;`;

export const EVERYONE = `(SELECT string_agg(name, ',') FROM parents)`;
export const NAMES = 'SELECT name FROM parents';
export const CALL = ['SELECT f(1)', NAMES];

/** Plants it in a healthy database, and expects that it is not said to be isolated, and that it is crossed. */
export async function expectCrossed(sql: string, session: readonly string[], data = ''): Promise<void> {
  const shop = await openShop();
  await shop.plant(sql);
  const { verdict, lacking, relations } = await verdictOn(shop);
  expect(verdict).not.toBe('isolated');
  const reasons = relations.filter((relation) => relation.verdict !== 'isolated').map(({ reason }) => reason);
  expect([...reasons, ...lacking.map(({ reason }) => reason)]).not.toEqual(
    verdict === 'leaking' ? undefined : [],
  );
  await shop.plant(data === 'SELECT' ? '' : `${ROWS} ${data}`);
  expect(await crossed(shop, session)).toBe(true);
}
