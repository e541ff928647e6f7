import { expect, it } from 'vitest';
import { readCatalog } from '../../../../src/catalog/read.js';
import { withTransaction } from '../../../../src/postgres/transaction.js';
import { classify } from '../../../../src/tenancy/classify.js';
import { openCommittedRows } from '../../../../src/verifier/probe/world/committed.js';
import { databaseAt } from '../../../support/connect.js';
import { openShop, TENANCY } from '../shop.js';

it('tells of each relation whether it holds a row, also where it may not look at all of them', async () => {
  const { db, login, plant } = await openShop();
  await plant(`INSERT INTO tenants (name) VALUES ('a'); REVOKE ALL ON kids FROM :app;
    ALTER TABLE tenants DISABLE ROW LEVEL SECURITY`);
  const hold = async (url: string, names: string[]) => {
    const { connect } = await databaseAt(url);
    return connect(async (client) => {
      const snapshot = await withTransaction(client, 'repeatable read, read only', () => readCatalog(client));
      const model = classify(snapshot, TENANCY);
      const { holdRows } = await openCommittedRows(client, model);
      const known = names.flatMap((name) => model.relations.filter(({ relation }) => relation.name === name));
      return holdRows(known);
    });
  };
  expect(await hold(db.url, [])).toEqual([]);
  expect(await hold(db.url, ['kids', 'tenants', 'countries'])).toEqual([false, true, true]);
  // No privilege; policies that would hide rows.
  expect(await hold(login.url, ['kids', 'tenants', 'parents', 'countries'])).toEqual([
    ...[undefined, true, undefined, true],
  ]);
  expect(await hold(login.url, ['kids'])).toEqual([undefined]);
});
