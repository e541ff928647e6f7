import { describe, expect, it } from 'vitest';
import { openShop } from '../shop.js';

describe('a sequence that numbers all tenants’ rows', () => {
  it.each([
    [
      'of a serial',
      'ALTER TABLE kids ADD number serial; GRANT USAGE, SELECT ON SEQUENCE kids_number_seq TO :app',
    ],
    [
      'of an identity',
      'ALTER TABLE kids ADD number int GENERATED ALWAYS AS IDENTITY; GRANT SELECT ON SEQUENCE kids_number_seq TO :app',
    ],
    [
      'of a default',
      `CREATE SEQUENCE "All Kids"; ALTER TABLE kids ADD number int DEFAULT nextval('"All Kids"');
       GRANT USAGE, SELECT ON SEQUENCE "All Kids" TO :app`,
    ],
  ])('%s, tells by how far it is', async (_, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, notDenied, verdicts } = await shop.probe();
    expect({ found, verdicts }).toEqual({ found: ['probe-existence-told kids'], verdicts: {} });
    expect(notDenied('kids')).toMatchObject([{ form: 'sequence', result: 'allowed' }]);
  });

  it('tells nothing where it may not be read', async () => {
    const shop = await openShop();
    await shop.plant('ALTER TABLE kids ADD number serial; GRANT USAGE ON SEQUENCE kids_number_seq TO :app');
    expect((await shop.probe()).found).toEqual([]);
  });
});
