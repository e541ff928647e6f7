import { z } from 'zod';
import { count, documentSchema, milliseconds } from './common.js';
import { recorded } from './status.js';

/** Where the command refused: what is recorded and not there as a file. */
const missing = z.array(recorded).optional();

export const migrate = documentSchema('migrate', {
  dryRun: z.boolean(),
  before: count,
  planned: z.array(z.strictObject({ name: z.string(), transaction: z.boolean() })),
  applied: z.array(z.strictObject({ name: z.string(), batch: count, durationMs: milliseconds })),
  pending: z.array(z.string()),
  missing,
});

export const rollback = documentSchema('rollback', {
  dryRun: z.boolean(),
  planned: z.array(z.strictObject({ name: z.string(), batch: count })),
  rolledBack: z.array(z.strictObject({ name: z.string(), batch: count, durationMs: milliseconds })),
  applied: z.array(z.string()),
  missing,
});
