import { expect } from 'vitest';
import { quoteIdent, quoteLiteral } from '../../src/identifiers.js';
import type { Database } from '../../src/postgres/database.js';
import { type Scratch, type ScratchLogin, withScratch } from '../../src/verifier/self-test/scratch.js';
import { surveyScratch } from '../../src/verifier/self-test/self-test.js';
import type { TrialSetting } from '../../src/verifier/self-test/trial.js';
import { databaseAt } from '../support/connect.js';
import { serverUrl } from '../support/database.js';
import type { Shape } from './shapes.js';

export const quiet = { onEvent: () => {} };

/** Makes the shape's schema, as `prepare` of a scratch database. */
export function prepareShape(shape: Shape) {
  return (database: Database, { role, password }: ScratchLogin): Promise<void> =>
    database.connect(async (client) => {
      await client.query(`CREATE ROLE ${quoteIdent(role)} LOGIN PASSWORD ${quoteLiteral(password)}`);
      await client.query(shape.sql(quoteIdent(role)));
    });
}

/** The shape in a scratch database, with the table that faults are planted on. */
export async function withShape(
  shape: Shape,
  use: (scratch: Scratch, setting: TrialSetting) => Promise<void>,
): Promise<void> {
  const server = await databaseAt(serverUrl());
  const options = { ...quiet, lockWaitMs: 60_000, prepare: prepareShape(shape) };
  await withScratch(server, options, async (scratch) => {
    const survey = await surveyScratch(scratch, { tenancy: shape.tenancy, ...quiet });
    expect(survey.unplanted).toMatchObject({ verdict: 'isolated', findings: [] });
    if ('reason' in survey) throw new Error(survey.reason);
    await use(scratch, survey.setting);
  });
}
