import { expect, it } from 'vitest';
import { createTestDatabase, useTestDatabase } from './database.js';

const seeded = useTestDatabase({ template: 'booking-seeded' });

it('clones the migrated booking platform, with or without its seeds', async () => {
  const bare = await createTestDatabase({ template: 'booking' });
  const count = 'SELECT count(*)::int AS n FROM organizations';
  expect(await bare.query(count)).toEqual([{ n: 0 }]);
  await bare.drop();
  expect(await seeded.query(count)).toEqual([{ n: 3 }]);
});
