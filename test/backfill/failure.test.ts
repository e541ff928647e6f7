import { expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';
import { BEFORE, backfill, NORTE } from './fixture.js';

const database = useTestDatabase();

it('asks for rows to be mended only where it is rows that are in the way', async () => {
  await database.query(`${BEFORE}
    INSERT INTO users VALUES (1, NULL, 'a'), (2, NULL, 'a');
    CREATE UNIQUE INDEX once ON users (organization_id, email)`);
  const wish = { tables: ['users'], tenant: NORTE };
  await expect(backfill(database.url, wish)).rejects.toMatchObject({
    ...{ code: 'BACKFILL_FAILED', sql: { sqlstate: '23505' } },
    hint: 'mend the rows it names, then run the same command again: it goes on from there',
  });
  await database.query(
    'DROP INDEX once; CREATE RULE kept AS ON UPDATE TO users WHERE OLD.id = 1 DO INSTEAD NOTHING',
  );
  await expect(backfill(database.url, wish)).rejects.toMatchObject({
    ...{ code: 'BACKFILL_FAILED', sql: { sqlstate: '0A000' } },
    hint: 'mend that, then run the same command again: it goes on from there',
  });
});
