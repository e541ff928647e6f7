import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { TenantctlError } from './errors.js';

const BOM = '\uFEFF';
/** What decoding puts in the place of bytes that are no UTF-8. */
const REPLACEMENT = '\uFFFD';

/**
 * The SQL of a file, without the byte order mark that some editors begin with.
 *
 * @param text as it was decoded
 * @throws TenantctlError usage: bytes that are not UTF-8, which would be stored as question marks; a NUL, at which
 *   PostgreSQL's grammar stops reading, so that what follows it would silently not be run
 */
export function sqlOf({ path, text }: { path: string; text: string }): string {
  if (text.includes(REPLACEMENT) && !isUtf8(readFileSync(path))) {
    throw unreadable(
      path,
      text,
      REPLACEMENT,
      'is not UTF-8',
      'iconv -f ENCODING -t UTF-8   (an editor says which)',
    );
  }
  if (text.includes('\0')) throw unreadable(path, text, '\0', 'holds a NUL character', 'take it out');
  return text.startsWith(BOM) ? text.slice(BOM.length) : text;
}

function unreadable(path: string, text: string, mark: string, cause: string, hint: string): TenantctlError {
  const line = text.slice(0, text.indexOf(mark)).split('\n').length;
  return new TenantctlError({
    kind: 'usage',
    code: 'SQL_ENCODING',
    message: `Cannot read ${path}: line ${line} ${cause}.`,
    hint,
  });
}
