import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../src/config/redaction.js';
import { quoteIdent, quoteLiteral } from '../../src/identifiers.js';

describe('Redactor', () => {
  it('masks the password of every connection URL, known or not', () => {
    const redactor = new Redactor();
    expect(redactor.redact('at postgres://u:pw@h:5432/d and "postgresql://x:y@z/", twice')).toBe(
      'at postgres://u:***@h:5432/d and "postgresql://x:***@z/", twice',
    );
    expect(redactor.redact('postgres://u:p@w@h/d')).toBe('postgres://u:***@h/d');
    expect(redactor.redact("postgres://u:it's%20'q'@h/d")).toBe('postgres://u:***@h/d');
    expect(redactor.redact('postgres://u@h/d')).toBe('postgres://u@h/d');
    expect(redactor.redact('{"url":"postgres://h:5432/d","mail":"a@b"}')).toBe(
      '{"url":"postgres://h:5432/d","mail":"a@b"}',
    );
  });

  it("leaves the help's own placeholder alone", () => {
    const placeholder = 'postgres://USER:PASSWORD@HOST:5432/DATABASE';
    expect(new Redactor().redact(placeholder)).toBe(placeholder);
  });

  it('masks password verifiers', () => {
    const redactor = new Redactor();
    expect(redactor.redact("PASSWORD 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy'")).toBe(
      "PASSWORD 'SCRAM-SHA-256$***'",
    );
    expect(redactor.redact('PASSWORD md5a3556571e93b0d20722ba62be61e8c2d')).toBe('PASSWORD md5***');
  });

  it('masks what came in by argv and environment, wherever it turns up', () => {
    const redactor = new Redactor();
    redactor.addInputs(
      [
        'migrate',
        '--database-url=postgres://u:from-flag-1@h/d',
        '--database-url',
        ' postgres://u:from-flag-2@h/d',
      ],
      {
        DATABASE_URL: 'postgres://u:from%2Durl-3@h/d',
        APP_DATABASE_URL: 'postgres://h/d?password=from-param-4',
        TEAM_URL: 'postgres://u:from-other-5@h/d',
        PGPASSWORD: 'from-libpq-6',
        APP_ROLE_PASSWORD: 'from-role-7',
        UNRELATED: undefined,
      },
    );
    for (const secret of [
      ...['from-flag-1', 'from-flag-2', 'from-url-3', 'from%2Durl-3', 'from-param-4', 'from-other-5'],
      ...['from-libpq-6', 'from-role-7'],
    ]) {
      expect(redactor.redact(`before ${secret} after`)).toBe('before *** after');
    }
  });

  it('masks a password that is a name or a literal of SQL', () => {
    const redactor = new Redactor();
    const password = 'it\'s "quoted" \\ twice';
    redactor.add(password);
    const statement = `COMMENT ON TABLE ${quoteIdent(password)} IS${quoteLiteral(password)}`;
    expect(redactor.redact(statement)).toBe('COMMENT ON TABLE "***" IS E\'***\'');
    expect(redactor.redact(JSON.stringify({ statement }))).not.toContain('quoted');
  });

  it('masks a password of any characters in URLs, JSON and DEBUG output', () => {
    const password = fc.string({ unit: 'grapheme', minLength: 16 });
    fc.assert(
      fc.property(password, (secret) => {
        const redactor = new Redactor();
        redactor.add(secret);
        for (const text of [secret, encodeURIComponent(secret), JSON.stringify(secret), inspect(secret)]) {
          expect(redactor.redact(`(${text})`)).toMatch(/^\(["'`]?\*\*\*["'`]?\)$/);
        }
      }),
    );
  });

  it("masks the password of a role in SQL, which only a migration's author knows", () => {
    const redactor = new Redactor();
    expect(redactor.redact("create role app login password 'it''s secret' connection limit 5")).toBe(
      "create role app login password '***' connection limit 5",
    );
    expect(redactor.redact("ALTER ROLE app PASSWORD\n  E'o\\'neill'; select 'x'")).toBe(
      "ALTER ROLE app PASSWORD\n  E'***'; select 'x'",
    );
  });

  it('leaves weak passwords alone outside URLs: they are words', () => {
    const redactor = new Redactor();
    redactor.addInputs([], { PGPASSWORD: 'postgres', DATABASE_URL: 'postgres://postgres:s3cret@h/postgres' });
    expect(
      redactor.redact('Cannot connect to database "postgres" with postgres://postgres:s3cret@h/postgres'),
    ).toBe('Cannot connect to database "postgres" with postgres://postgres:***@h/postgres');
  });
});
