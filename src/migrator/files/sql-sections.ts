import { TenantctlError } from '../../errors.js';
import type { SqlText } from '../../postgres/statements.js';

/** One direction of a .sql migration. */
export interface SqlSection {
  direction: 'up' | 'down';
  transaction: boolean;
  sql: SqlText;
}

interface Comment {
  text: string;
  start: number;
  end: number;
}

/**
 * Finds the sections of a .sql migration: comment lines `-- migrate:up` and `-- migrate:down`, each with
 * `transaction:false` where it must run outside a transaction. PostgreSQL's own scanner says what is a comment: inside
 * a function's body the same line is text.
 *
 * @throws TenantctlError usage: no up section, one given twice, SQL outside of them, an unknown marker or option
 */
export async function readSections(source: { path: string; text: string }): Promise<SqlSection[]> {
  // Loosely here, strictly in readMarker: a misspelt marker must not have the down section run as part of up.
  const markers = (await comments(source)).filter(({ text }) => /^--+\s*migrate\s*:/i.test(text));
  const bytes = Buffer.from(source.text);
  const lineAt = (offset: number) => bytes.toString('utf8', 0, offset).split('\n').length;
  const sections = markers.map((marker, index): SqlSection => {
    const { direction, transaction } = readMarker(marker.text, source.path, lineAt(marker.start));
    const text = bytes.toString('utf8', marker.end, markers[index + 1]?.start ?? bytes.length);
    return { direction, transaction, sql: { path: source.path, text, line: lineAt(marker.end) } };
  });
  for (const direction of ['up', 'down'] as const) {
    const count = sections.filter((section) => section.direction === direction).length;
    if (count > 1) throw unusable(source.path, `\`-- migrate:${direction}\` is there ${count} times`);
  }
  if (!sections.some(({ direction }) => direction === 'up')) {
    throw unusable(source.path, 'it has no line `-- migrate:up`');
  }
  await refuseSqlBefore(bytes.toString('utf8', 0, markers[0]?.start ?? 0), source.path);
  return sections;
}

const OPTIONS = new Map([
  ['', true],
  ['transaction:true', true],
  ['transaction:false', false],
]);

function readMarker(text: string, path: string, line: number): Pick<SqlSection, 'direction' | 'transaction'> {
  const [, direction, option = ''] = /^--\s*migrate:(\S*)\s*(.*?)\s*$/.exec(text) ?? [];
  const transaction = OPTIONS.get(option);
  if ((direction !== 'up' && direction !== 'down') || transaction === undefined) {
    throw unusable(path, `line ${line}, \`${text.trim()}\`, is no marker that is known`);
  }
  return { direction, transaction };
}

/** Line comments with their offsets in bytes, outside of strings, bodies and block comments. */
async function comments(source: { path: string; text: string }): Promise<Comment[]> {
  if (source.text.trim() === '') return [];
  const { scan } = await import('libpg-query');
  try {
    return (await scan(source.text)).tokens.filter(({ tokenName }) => tokenName === 'SQL_COMMENT');
  } catch (error) {
    // The scanner's complaint comes garbled; the parser meets the same fault and says where.
    const { parseStatements } = await import('../../postgres/statements.js');
    await parseStatements({ ...source, line: 1 }, false);
    throw error;
  }
}

async function refuseSqlBefore(text: string, path: string): Promise<void> {
  const { parseStatements } = await import('../../postgres/statements.js');
  const [first] = await parseStatements({ path, text, line: 1 }, false);
  if (first) throw unusable(path, `line ${first.line} holds SQL before the first marker`);
}

function unusable(path: string, cause: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'SQL_SECTIONS',
    message: `Cannot read the migration ${path}: ${cause}.`,
    hint: [
      'mark its two sections',
      '  -- migrate:up            (or: -- migrate:up transaction:false)',
      '  CREATE TABLE …;',
      '  -- migrate:down',
      '  DROP TABLE …;',
    ].join('\n'),
  });
}
