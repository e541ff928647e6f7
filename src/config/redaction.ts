import { inspect } from 'node:util';
import { quoteIdent, quoteLiteral } from '../identifiers.js';
import type { Env } from './connection-string.js';

const MASK = '***';
/** Such a password ("postgres" in every second pipeline) is a word of the output too: masked inside URLs only. */
const ALSO_A_WORD = /^(.{0,7}|[a-z_]{8,15})$/is;

/**
 * Masks secrets in everything that leaves the process: passwords in connection URLs, password verifiers, and the known
 * secrets by value, so that DEBUG output and other people's error messages are covered too.
 */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Registers a secret by value: as it is, percent-encoded, and as SQL, JSON and DEBUG output would escape it. */
  add(secret: string | undefined): void {
    if (secret === undefined || ALSO_A_WORD.test(secret)) return;
    const inSql = [quoteIdent(secret), quoteLiteral(secret)].map((text) =>
      text.replace(/^ E/, '').slice(1, -1),
    );
    for (const form of [secret, ...inSql]) {
      const quoted = [JSON.stringify(form), inspect(form)].map((text) => text.slice(1, -1));
      for (const escaped of [form, ...quoted]) this.#secrets.add(escaped);
    }
    this.#secrets.add(encodeURIComponent(secret));
  }

  /** Registers the passwords inside a connection URL, and inside what was meant to be one. */
  addUrl(url: string | undefined): void {
    for (const pattern of PASSWORDS_IN_URLS) {
      const password = pattern.exec(url ?? '')?.[1];
      if (password === undefined) continue;
      this.add(password);
      this.add(decode(password));
    }
  }

  /** Registers everything secret that came in by argv or environment. */
  addInputs(argv: readonly string[], env: Env): void {
    for (const text of [...argv, ...Object.values(env)]) this.addUrl(text);
    for (const name of ['PGPASSWORD', 'APP_ROLE_PASSWORD']) this.add(env[name]);
  }

  /** Leaves `postgres://USER:PASSWORD@HOST` as it is, so that help can show what a URL looks like. */
  redact(text: string): string {
    let masked = text
      .replace(ANY_URL, `$1:${MASK}@`)
      .replace(/SCRAM-SHA-256\$[A-Za-z0-9+/=:$]+/g, `SCRAM-SHA-256$${MASK}`)
      .replace(/\bmd5[0-9a-f]{32}\b/g, `md5${MASK}`)
      // A migration that makes a role and fails is shown with its statement.
      .replace(/\b(password\s+E?)'(?!SCRAM-SHA-256\$|md5)(?:[^'\\]|''|\\.)*'/gi, `$1'${MASK}'`);
    // The longest first: an escaped form holds the plain one.
    const secrets = [...this.#secrets].sort((a, b) => b.length - a.length);
    for (const secret of secrets) masked = masked.replaceAll(secret, MASK);
    return masked;
  }
}

/** Up to the first `@`; up to the last one, where the password holds one unencoded; and as a parameter. */
const PASSWORDS_IN_URLS = [
  /postgres(?:ql)?:\/\/[^:@/?#]*:([^@]+)@/,
  /postgres(?:ql)?:\/\/[^:@/?#]*:(.+)@/s,
  /\bpassword=([^&\s]+)/,
];

/** Up to the last `@` before the host ends, in running text; a quote is allowed in a password as it is. */
const ANY_URL = /(postgres(?:ql)?:\/\/[^\s:@/?"'`]*):(?!PASSWORD@)[^\s@/]*@(?:[^\s"'`@/]*@)*/g;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
