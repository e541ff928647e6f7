import { describe, expect, it } from 'vitest';
import { auditOf, baseConfig, useLeakBase } from '../../../support/leaks.js';

const base = useLeakBase();

/** What is found about a PL/pgSQL function that removes a row by its key. */
async function foundAbout(body: string, returns = 'void') {
  await base.client.query(`CREATE FUNCTION f(kid uuid) RETURNS ${returns} LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$ ${body} $$`);
  const { findings } = await auditOf(base.client, baseConfig('public'));
  return findings
    .filter(({ check }) => check === 'security-definer-function')
    .map(({ severity, detail, fix }) => `${severity}: ${detail}${fix === undefined ? '' : ', with a fix'}`);
}

const REMOVES = 'DELETE FROM kids WHERE id = kid;';
const OWN = 'EXISTS (SELECT FROM kids k WHERE k.id = kid AND k.tenant_id = cur())';
const OPEN = [expect.stringMatching(/^error: .* reaches kids of every tenant, with a fix$/)];
const REVIEW = [expect.stringMatching(/^warn: .* may reach kids of every tenant$/)];

describe('a SECURITY DEFINER function', () => {
  it.each([
    ['within an IF', `BEGIN IF ${OWN} THEN ${REMOVES} END IF; END`],
    [
      'within an IF about somebody',
      `BEGIN IF EXISTS (SELECT FROM kids k WHERE k.note = current_setting('app.user', true)) THEN ${REMOVES} END IF; END`,
    ],
    ['after an IF that leaves', `BEGIN IF NOT ${OWN} THEN RAISE EXCEPTION 'no'; END IF; ${REMOVES} END`],
    [
      'after an IF about what was looked up',
      `DECLARE mine boolean; BEGIN SELECT ${OWN} INTO mine; IF NOT mine THEN RETURN; END IF; ${REMOVES} END`,
    ],
  ])('that reaches rows %s that may keep strangers from them is for a person to judge', async (_, body) => {
    expect(await foundAbout(body)).toEqual(REVIEW);
  });

  it('that looks a row up before it asks, and hands it out after, too', async () => {
    const body = `DECLARE row kids; BEGIN SELECT * INTO row FROM kids WHERE id = kid;
      IF row.tenant_id IS DISTINCT FROM cur() THEN RETURN NULL; END IF; RETURN row; END`;
    expect(await foundAbout(body, 'kids')).toEqual(REVIEW);
  });

  it.each([
    ['before the condition', `BEGIN ${REMOVES} IF ${OWN} THEN RETURN; END IF; END`],
    ['twice, once before it', `BEGIN ${REMOVES} IF ${OWN} THEN ${REMOVES} END IF; END`],
    [
      'whatever the condition says of its parameter',
      `BEGIN IF length(kid::text) > 3 THEN ${REMOVES} END IF; END`,
    ],
    ['for whoever has a tenant', `BEGIN IF cur() IS NULL THEN RETURN; END IF; ${REMOVES} END`],
  ])('that reaches rows %s is open', async (_, body) => {
    expect(await foundAbout(body)).toEqual(OPEN);
  });

  it('that gives users what names them, of whichever tenant, is for a person to judge; else it is open', async () => {
    const USER = `nullif(current_setting('app.user_id', true), '')::uuid`;
    await base.client.query(`ALTER TABLE kids ADD person uuid; CREATE FUNCTION mine() RETURNS SETOF uuid LANGUAGE sql
      SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT tenant_id FROM kids WHERE person = ${USER} $$`);
    const severities = async (sql: string[]) =>
      (await auditOf(base.client, baseConfig('public', { context: { sql } }))).findings
        .filter(({ check }) => check === 'security-definer-function')
        .map(({ severity }) => severity);
    const tenant = `SELECT set_config('app.tenant_id', $1, true)`;
    const user = `SELECT set_config('app.user_id', 'ffffffff-ffff-4fff-8fff-ffffffffffff', true)`;
    expect(await severities([tenant, user])).toEqual(['warn']);
    await base.client.query(`ALTER FUNCTION mine() RENAME TO all_of_them;
      CREATE OR REPLACE FUNCTION all_of_them() RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER
      SET search_path = public, pg_temp AS $$ SELECT tenant_id FROM kids WHERE person IS NOT NULL $$`);
    expect(await severities([tenant, user])).toEqual(['error']);
  });
});
