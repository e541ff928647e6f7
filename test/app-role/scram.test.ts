import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { generatePassword, requireUsablePassword } from '../../src/app-role/password.js';
import { scramMatches, scramVerifier } from '../../src/app-role/scram.js';
import { createLogin, useTestDatabase } from '../support/database.js';

const db = useTestDatabase();

it('computes the keys of RFC 7677', async () => {
  const verifier = await scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096);
  expect(verifier).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

it('recognises the verifier that the server computed itself', async () => {
  const login = await createLogin(db, 'scram');
  const [stored] = await db.query<{ rolpassword: string }>(
    'SELECT rolpassword FROM pg_authid WHERE rolname = $1',
    [login.role],
  );
  expect(await scramMatches(stored?.rolpassword ?? '', login.password)).toBe(true);
  expect(await scramMatches(stored?.rolpassword ?? '', `${login.password}x`)).toBe(false);
});

it('takes nothing but SCRAM for a match', async () => {
  expect(await scramMatches('md5d41d8cd98f00b204e9800998ecf8427e', '')).toBe(false);
  expect(await scramMatches(await scramVerifier('a'), 'b')).toBe(false);
});

it('generates passwords of 256 bits that it would itself accept', () => {
  const password = generatePassword();
  expect(Buffer.from(password, 'base64url')).toHaveLength(32);
  expect(() => requireUsablePassword(password)).not.toThrow();
  expect(generatePassword()).not.toBe(password);
});

it('refuses what clients may encode differently, without repeating it', () => {
  for (const password of ['', 'pässword', 'tab\there', `${randomBytes(4).toString('hex')}\u00a0`]) {
    expect(() => requireUsablePassword(password)).toThrow(/^Cannot use the app role's password: it (is|has)/);
    if (password !== '') {
      expect(() => requireUsablePassword(password)).not.toThrow(new RegExp(password));
    }
  }
});
