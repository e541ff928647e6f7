import { describe, expect, it } from 'vitest';
import { CURRENT, isolate, openShop } from '../shop.js';

/** Notes that may be nobody's, with a reference that carries the tenant. */
const notes = (more = '') => `
  CREATE TABLE notes (tenant_id uuid, id uuid PRIMARY KEY DEFAULT gen_random_uuid(), parent uuid,
    FOREIGN KEY (tenant_id, parent) REFERENCES parents ${more}); ${isolate('notes')}`;
const ADMITS_NULL = `ALTER POLICY iso ON notes WITH CHECK (tenant_id = ${CURRENT} OR tenant_id IS NULL)`;

describe('a key that is skipped where the tenant is NULL', () => {
  it('lets a row of nobody’s refer to a tenant’s', async () => {
    const shop = await openShop();
    await shop.plant(`${notes()} ${ADMITS_NULL}`);
    const { notDenied, verdicts } = await shop.probe();
    expect(verdicts).toMatchObject({ notes: 'leaking' });
    expect(notDenied('notes')).toContainEqual(
      expect.objectContaining({
        kind: 'reference',
        detail: "made a row of nobody's refer to another tenant's",
      }),
    );
  });

  it('is of no use where the policies keep such a row away', async () => {
    const shop = await openShop();
    await shop.plant(notes());
    const { relation, verdicts } = await shop.probe();
    expect(verdicts).toEqual({});
    expect(relation('notes').proofs).toContainEqual(
      expect.objectContaining({ form: 'refer without a tenant', result: 'denied', by: 'policy' }),
    );
  });

  it('is not skipped with MATCH FULL', async () => {
    const shop = await openShop();
    await shop.plant(`${notes('MATCH FULL')} ${ADMITS_NULL}`);
    const { found } = await shop.probe();
    expect(found.filter((key) => key.includes('reference'))).toEqual([]);
  });
});
