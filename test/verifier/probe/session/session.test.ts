import { describe, expect, it, onTestFinished } from 'vitest';
import type { Client } from '../../../../src/postgres/connect.js';
import type { ContextConfig } from '../../../../src/tenancy/config.js';
import { openSession, type ProbeSession } from '../../../../src/verifier/probe/session/session.js';
import { databaseAt } from '../../../support/connect.js';
import { createTestDatabase } from '../../../support/database.js';

/** Who one is, in the table that the statements write to. */
const WHO = { text: "select current_setting('app.tenant', true), (select count(*) from t)::text" };
const add = { text: 'insert into t values (1)' };
const wrong = { text: 'select 1 / 0' };

async function inSession(
  use: (session: ProbeSession, client: Client) => Promise<void>,
  context: ContextConfig = { setting: 'app.tenant' },
): Promise<void> {
  const db = await createTestDatabase();
  onTestFinished(() => db.drop());
  await db.query('CREATE TABLE t (a int)');
  const { connect } = await databaseAt(db.url);
  await connect(
    async (client) => {
      const session = await openSession(client, context, undefined);
      try {
        await use(session, client);
      } finally {
        await session.end();
      }
    },
    { pipelined: true },
  );
  expect(await db.query('SELECT * FROM t')).toEqual([]);
}

describe('what is tried', () => {
  it('is said in its context, and taken back', () =>
    inSession(async (session) => {
      const [a, , b] = await Promise.all([
        session.as('a').attemptAll([add, WHO]),
        session.as('a').attempt(wrong),
        session.as('b').attempt(WHO),
      ]);
      expect(a[1]).toMatchObject({ ok: true, rows: [['a', '1']] });
      expect(b).toMatchObject({ ok: true, rows: [['b', '0']] });
    }));

  it('keeps its answers up to the first that is refused', () =>
    inSession(async (session) => {
      const attempts = await session.as('a').attemptAll([add, wrong, add]);
      expect(attempts).toMatchObject([
        { ok: true, count: 1 },
        { ok: false, sqlstate: '22012' },
      ]);
      const { attempts: written, seen } = await session.as('a').attemptSeenBy([add, wrong], 'b', WHO);
      expect(written).toHaveLength(2);
      expect(seen).toMatchObject({ ok: false, sqlstate: '22012' });
    }));

  it('is seen by another tenant before it is taken back', () =>
    inSession(async (session) => {
      const { attempts, seen } = await session.as('a').attemptSeenBy([add, add], 'b', WHO);
      expect(attempts).toMatchObject([{ count: 1 }, { count: 1 }]);
      expect(seen).toMatchObject({ ok: true, rows: [['b', '2']] });
    }));

  it('is not left standing while nothing else is said', () =>
    inSession(async (session, client) => {
      await session.as('a').attempt(wrong);
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    }));
});

describe('what is kept', () => {
  it('stays, with its context, save what was refused', () =>
    inSession(async (session) => {
      expect(await session.as('a').keep(add)).toMatchObject({ ok: true, count: 1 });
      expect(await session.as('b').keep(wrong)).toMatchObject({ ok: false, sqlstate: '22012' });
      expect(await session.as(undefined).attempt(WHO)).toMatchObject({ rows: [['a', '1']] });
    }));
});

describe('a context', () => {
  const context = {
    sql: [
      "select set_config('app.tenant', $1, true), 1 / length($1)",
      "set local app.part = '1'; set local app.other = '2'",
    ],
  };

  it('that is refused lets nothing be run', () =>
    inSession(async (session) => {
      const nobody = session.as('');
      expect(await nobody.refused()).toMatchObject({ sqlstate: '22012' });
      expect(await nobody.keep(add)).toMatchObject({ ok: false, sqlstate: '22012' });
      expect(await nobody.attemptAll([add, WHO])).toMatchObject([
        { sqlstate: '22012' },
        { sqlstate: '22012' },
      ]);
      expect(await session.as('a').refused()).toBeUndefined();
      expect(await session.as('a').attempt(WHO)).toMatchObject({ rows: [['a', '0']] });
    }, context));

  it('may have several commands in one text', () =>
    inSession(async (session) => {
      const other = { text: "select current_setting('app.other')" };
      expect(await session.as('a').attempt(other)).toMatchObject({ rows: [['2']] });
    }, context));

  it('that ends the transaction lets nothing more be run', () =>
    inSession(
      async (session) => {
        await session.as('a').attempt(WHO);
        await expect(session.as('a').attempt(WHO)).rejects.toThrow('SAVEPOINT');
      },
      { sql: ['rollback'] },
    ));
});

describe('plans', () => {
  const ask = { text: 'select $1::text', values: ['there'] };
  const PLANS = {
    text: 'select generic_plans, custom_plans from pg_prepared_statements where statement = $1',
    values: [ask.text],
  };

  it('are made once for each text while they are reused', () =>
    inSession(async (session) => {
      await session.as('a').attempt(ask);
      expect(await session.as('a').attempt(PLANS)).toMatchObject({ rows: [] });
      await session.reusePlans(true);
      for (const tenant of ['a', 'b', 'c']) await session.as(tenant).attempt(ask);
      expect(await session.as('a').attempt(PLANS)).toMatchObject({ rows: [['3', '0']] });
      await session.reusePlans(false);
      await session.as('a').attempt(ask);
      expect(await session.as('a').attempt(PLANS)).toMatchObject({ rows: [['3', '0']] });
      const mode = { text: 'show plan_cache_mode' };
      expect(await session.as('a').attempt(mode)).toMatchObject({ rows: [['auto']] });
    }));

  it('are made later where the statement before was refused', () =>
    inSession(async (session) => {
      await session.reusePlans(true);
      const [refused, ...others] = await Promise.all([
        session.as('a').attemptAll([wrong, ask]),
        session.as('b').attemptAll([add, ask, WHO]),
        session.as('b').keep(ask),
      ]);
      expect(refused).toMatchObject([{ sqlstate: '22012' }]);
      expect(others).toMatchObject([
        [{ count: 1 }, { rows: [['there']] }, { rows: [['b', '1']] }],
        { rows: [['there']] },
      ]);
      expect(await session.as(undefined).attempt(WHO)).toMatchObject({ rows: [['b', '0']] });
    }));

  it('are made anew after something has dropped them', () =>
    inSession(async (session) => {
      await session.reusePlans(true);
      await session.as('a').attempt(add);
      await session.as('a').attempt({ text: 'deallocate all' });
      expect(await session.as('a').keep(add)).toMatchObject({ ok: true, count: 1 });
      expect(await session.as('b').attempt(WHO)).toMatchObject({ rows: [['b', '1']] });
    }));

  it('of more texts than the server should keep give way to others', () =>
    inSession(async (session, client) => {
      await session.reusePlans(true);
      const numbers = Array.from({ length: 600 }, (_, index) => String(index));
      const answers = await Promise.all(numbers.map((n) => session.as('a').attempt({ text: `select ${n}` })));
      expect(answers.map((answer) => answer.ok && answer.rows[0]?.[0])).toEqual(numbers);
      expect(await session.as('a').attempt({ text: 'select 0' })).toMatchObject({ rows: [['0']] });
      const { rows } = await client.query('select count(*)::int as plans from pg_prepared_statements');
      expect(rows[0].plans).toBeLessThan(530);
    }));
});
