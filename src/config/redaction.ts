import type { Env } from './connection-string.js';

const MASK = '***';
/** A shorter password is as likely to be a word of the output; such a one is only masked inside URLs. */
const SHORTEST_SECRET = 8;

/**
 * Masks secrets in everything that leaves the process: passwords in connection URLs, SCRAM verifiers, and the known
 * secrets by value, so that DEBUG output and other people's error messages are covered too.
 */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Registers a secret by value, as it is and percent-encoded. */
  add(secret: string | undefined): void {
    if (secret === undefined || secret.length < SHORTEST_SECRET) return;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      this.#secrets.add(form);
    }
  }

  /** Registers the password inside a connection URL. */
  addUrl(url: string | undefined): void {
    const password = /^postgres(?:ql)?:\/\/[^:@/?]*:([^@]*)@/.exec(url ?? '')?.[1];
    if (password === undefined) return;
    this.add(password);
    this.add(decode(password));
  }

  /** Registers everything secret that came in by argv or environment. */
  addInputs(argv: readonly string[], env: Env): void {
    for (const word of argv) this.addUrl(word.replace(/^--[\w-]+=/, ''));
    for (const name of ['DATABASE_URL', 'APP_DATABASE_URL']) this.addUrl(env[name]);
    for (const name of ['PGPASSWORD', 'APP_ROLE_PASSWORD']) this.add(env[name]);
  }

  redact(text: string): string {
    let masked = text
      .replace(/(postgres(?:ql)?:\/\/[^\s:@/?"'`]*):[^\s@"'`]*@/g, `$1:${MASK}@`)
      .replace(/SCRAM-SHA-256\$[A-Za-z0-9+/=:$]+/g, `SCRAM-SHA-256$${MASK}`);
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, MASK);
    return masked;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
