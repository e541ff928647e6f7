import { describe, expect, it } from 'vitest';
import type { Identity } from '../../../../src/verifier/probe/session/identity.js';
import { judgeLogin } from '../../../../src/verifier/probe/session/login.js';

const APP: Identity = {
  ...{ sessionUser: 'app', currentUser: 'app', superuser: false, bypassRls: false, place: 'here' },
};

const judged = (changes: Partial<Identity>) => judgeLogin({ ...APP, ...changes }, 'app', 'here');

describe('a login', () => {
  it('of the app role itself proves something', () => {
    expect(judged({})).toBeUndefined();
  });

  it('elsewhere, of another role, or with another role from the start proves nothing', () => {
    expect(judged({ place: 'there' })?.reason).toMatch(/another database/);
    expect(judged({ sessionUser: 'postgres', superuser: true })?.reason).toBe(
      'the login is postgres, which is a superuser, and not the app role app',
    );
    expect(judged({ currentUser: 'group' })?.reason).toMatch(/begins as group/);
  });

  it('of an app role that bypasses opens everything', () => {
    expect(judged({ bypassRls: true })).toMatchObject({
      ...{ bypass: 'app has BYPASSRLS', remedy: 'ALTER ROLE "app" NOBYPASSRLS' },
    });
    // Another role's power is not the application's.
    expect(judged({ sessionUser: 'postgres', superuser: true })?.bypass).toBeUndefined();
  });
});
