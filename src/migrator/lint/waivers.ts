import { TenantctlError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { RULES } from './rules/index.js';

/** A comment `tenantctl:allow RULE: reason` in a migration; one that names several rules is as many waivers. */
export interface Waiver {
  rule: string;
  reason: string;
  /** 1-based, of the file. */
  line: number;
}

/**
 * Reads the waivers of a migration: comments of their own or at a statement's end, `--` in SQL, `//` in code.
 *
 * @throws TenantctlError usage: one without a reason, or of a rule that does not exist
 */
export async function readWaivers(path: string, text: string): Promise<Waiver[]> {
  const comments = path.endsWith('.sql') ? await sqlComments(text) : codeComments(text);
  return comments.flatMap(({ comment, line }) => {
    const [, rest] = /^(?:--|\/\/)\s*tenantctl:allow\b(.*)$/s.exec(comment.trim()) ?? [];
    return rest === undefined ? [] : readWaiver(rest, path, line);
  });
}

interface Comment {
  comment: string;
  line: number;
}

/** PostgreSQL's own scanner says what is a comment: in a function's body the same line is text. */
async function sqlComments(text: string): Promise<Comment[]> {
  // Scanning every file for what few have is not worth it.
  if (!text.includes('tenantctl:allow')) return [];
  const { scan } = await import('libpg-query');
  const bytes = Buffer.from(text);
  return (await scan(text)).tokens
    .filter(({ tokenName }) => tokenName === 'SQL_COMMENT')
    .map((token) => ({
      comment: token.text,
      line: bytes.toString('utf8', 0, token.start).split('\n').length,
    }));
}

/** A line that is a comment as a whole: what stands behind code may stand in a string. */
function codeComments(text: string): Comment[] {
  return text.split('\n').map((comment, index) => ({ comment, line: index + 1 }));
}

function readWaiver(rest: string, path: string, line: number): Waiver[] {
  const [, rules = '', reason = ''] = /^\s*([^:]*?)\s*(?::\s*(.*?)\s*)?$/s.exec(rest) ?? [];
  const place = `${path}, line ${line}`;
  const ids = RULES.filter(({ family }) => family !== 'waivers').map(({ id }) => id);
  return rules.split(/\s*,\s*/).map((rule) => {
    if (!ids.includes(rule)) {
      const close = nearest(rule, ids);
      throw refused(
        `${place}: there is no rule ${JSON.stringify(rule)}`,
        `${close.length > 0 ? 'did you mean' : 'there are'}: ${(close.length > 0 ? close : ids).join(', ')}`,
      );
    }
    if (reason === '') {
      throw refused(`${place}: it has no reason`, `tenantctl:allow ${rules}: why it does no harm here`);
    }
    return { rule, reason, line };
  });
}

function refused(cause: string, hint: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'BAD_WAIVER',
    message: `Cannot accept the waiver in ${cause}.`,
    hint,
  });
}
