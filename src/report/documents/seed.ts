import { z } from 'zod';
import { count, documentSchema, milliseconds } from './common.js';

const planned = z.strictObject({ name: z.string(), reason: z.string() });

export const seed = documentSchema('seed', {
  dryRun: z.boolean(),
  planned: z.array(planned),
  ran: z.array(
    planned.extend({
      durationMs: milliseconds,
      tables: z.array(z.strictObject({ table: z.string(), inserted: count, updated: count, deleted: count })),
    }),
  ),
  skipped: z.array(z.string()),
});
