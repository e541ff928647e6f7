import { z } from 'zod';
import { count, documentSchema, milliseconds } from './common.js';
import { recorded, sameName } from './status.js';

/** Where the command refused: what of files and ledger does not fit together. */
const refused = {
  ambiguous: z.array(sameName).optional(),
  /** Recorded, and not there as a file. */
  missing: z.array(recorded).optional(),
  /** Edited since they were applied. */
  changed: z.array(recorded).optional(),
  /** Pending, and before one that is applied. */
  late: z.array(z.string()).optional(),
};

export const migrate = documentSchema('migrate', {
  dryRun: z.boolean(),
  before: count,
  planned: z.array(z.strictObject({ name: z.string(), transaction: z.boolean() })),
  applied: z.array(z.strictObject({ name: z.string(), batch: count, durationMs: milliseconds })),
  /** Ran, and were rolled back, because the gate (--verify) said no. */
  rolledBack: z.array(z.string()),
  pending: z.array(z.string()),
  ...refused,
});

export const rollback = documentSchema('rollback', {
  dryRun: z.boolean(),
  planned: z.array(z.strictObject({ name: z.string(), batch: count })),
  rolledBack: z.array(z.strictObject({ name: z.string(), batch: count, durationMs: milliseconds })),
  applied: z.array(z.string()),
  ...refused,
});

export const migrateBaseline = documentSchema('migrate baseline', {
  dryRun: z.boolean(),
  before: count,
  recorded: z.array(z.strictObject({ name: z.string(), batch: count })),
  pending: z.array(z.string()),
  ...refused,
});

export const migrateRepair = documentSchema('migrate repair', {
  dryRun: z.boolean(),
  name: z.string(),
  /** What was wrong with it. */
  was: z.enum(['changed', 'missing', 'part way']),
  /** What it counts as now. */
  now: z.enum(['applied', 'retired', 'pending']),
  reason: z.string(),
});

const session = z.strictObject({
  pid: z.int(),
  backendStart: z.string().nullable(),
  application: z.string(),
  address: z.string(),
  ageSeconds: z.int(),
  query: z.string(),
});

export const migrateUnlock = documentSchema('migrate unlock', {
  dryRun: z.boolean(),
  /** The sessions that hold a lock, which were ended. */
  holders: z.array(session),
  /** knex's own lock was set. */
  knexLocked: z.boolean(),
  /** Where another program set it: sessions that it may be, which are left alone. */
  suspects: z.array(session),
});

export const migrateNew = documentSchema('migrate new', {
  dryRun: z.boolean(),
  path: z.string(),
  text: z.string(),
});
