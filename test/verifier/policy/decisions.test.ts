import { expect, it } from 'vitest';
import { readCatalog } from '../../../src/catalog/read.js';
import { classify } from '../../../src/tenancy/classify.js';
import { decisionsOf } from '../../../src/verifier/policy/decisions.js';
import { loadSqlParser } from '../../../src/verifier/policy/parse.js';
import { subjectOf } from '../../../src/verifier/subject.js';
import { createLogin, useTestDatabase } from '../../support/database.js';
import { baseConfig } from '../../support/leaks.js';

const db = useTestDatabase({ template: 'booking' });

it('proves every policy of the booking platform, whose function names the tenant or fails', async () => {
  const { role: appRole } = await createLogin(db, 'decisions', { memberOf: ['booking_app_access'] });
  const client = await db.client();
  await client.query('BEGIN');
  const snapshot = await readCatalog(client);
  await client.query('ROLLBACK');
  const model = classify(snapshot, {
    ...baseConfig('public'),
    ...{ root: { schema: 'public', name: 'organizations' }, columns: ['organization_id'], appRole },
    ...{ context: { setting: 'app.organization_id' }, shared: [] },
  });
  const { of } = decisionsOf(subjectOf(snapshot, model, await loadSqlParser()));
  const decided = [...of.values()].flat();
  expect(decided.filter(({ outcome }) => outcome !== 'proved')).toEqual([]);
  expect(decided).toHaveLength(59);
  expect(decided.flatMap(({ through }) => through)).toEqual([]);
});
