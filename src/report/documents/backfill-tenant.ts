import { z } from 'zod';
import { count, documentSchema, relationName } from './common.js';

/** Why rows keep no tenant. */
const leftReason = z.enum(['conflict', 'orphan', 'parent', 'no-link']);

export const backfillTenant = documentSchema('backfill-tenant', {
  dryRun: z.boolean(),
  tenant: z.string().nullable(),
  /** Parents first. */
  tables: z.array(
    relationName.extend({
      column: z.string(),
      missing: z.boolean(),
      added: z.boolean(),
      sources: z.array(z.string()),
      constant: z.string().nullable(),
      triggers: z.array(z.string()),
      rows: count,
      unfilled: count,
      scanned: count,
      updated: count,
      already: count,
      left: z.partialRecord(leftReason, count),
      samples: z.array(
        z.strictObject({
          reason: leftReason,
          key: z.record(z.string(), z.string()),
          candidates: z.array(z.string()),
        }),
      ),
      changedColumns: z.record(z.string(), count),
      remaining: count,
    }),
  ),
  skipped: z.array(relationName.extend({ reason: z.string() })),
});
