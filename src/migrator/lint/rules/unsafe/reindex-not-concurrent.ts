import { shownName, sqlName, subjectOf } from '../../parse.js';
import { OUTSIDE } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

const KINDS: Partial<Record<string, string>> = {
  REINDEX_OBJECT_INDEX: 'INDEX',
  REINDEX_OBJECT_TABLE: 'TABLE',
  REINDEX_OBJECT_SCHEMA: 'SCHEMA',
  REINDEX_OBJECT_DATABASE: 'DATABASE',
};

export const reindexNotConcurrent: UnsafeRule = {
  id: 'reindex-not-concurrent',
  family: 'unsafe',
  title: 'Indexes are rebuilt while nobody can write, nor read by them',
  severity: 'error',
  squawk: ['require-concurrent-reindex'],
  advise(statement) {
    const { node } = statement;
    const reindex = 'ReindexStmt' in node ? node.ReindexStmt : {};
    const kind = KINDS[reindex.kind ?? ''] ?? 'TABLE';
    const named = reindex.relation ? subjectOf(statement) : { schema: undefined, name: reindex.name ?? '' };
    return {
      detail: `nobody can write to what ${shownName(named)} indexes while it is rebuilt, and queries by it wait`,
      recipe: `${OUTSIDE}\nREINDEX ${kind} CONCURRENTLY ${sqlName(named)};`,
    };
  },
};
