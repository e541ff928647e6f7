import { z } from 'zod';
import { SSL_MODES } from '../../postgres/settings.js';
import { count, documentSchema, instant, milliseconds } from './common.js';

/** A migration as knex's ledger has it. */
export const recorded = z.strictObject({ name: z.string(), batch: count, appliedAt: instant.nullable() });

/** Files that share a name. */
export const sameName = z.strictObject({ name: z.string(), paths: z.array(z.string()) });

export const status = documentSchema('status', {
  server: z.strictObject({
    version: z.string(),
    versionNumber: z.int(),
    role: z.string(),
    superuser: z.boolean(),
    bypassRls: z.boolean(),
    /** The mode asked for; without `protocol` the connection is plain text. */
    tls: z.strictObject({ mode: z.enum(SSL_MODES), protocol: z.string().optional() }),
  }),
  ledger: z.strictObject({ schema: z.string(), table: z.string() }),
  applied: z.array(recorded.extend({ durationMs: milliseconds.nullable() })),
  pending: z.array(z.string()),
  /** Of those: what comes before one that is applied. */
  late: z.array(z.string()),
  missing: z.array(recorded),
  /** Missing, and accepted by `migrate repair`. */
  retired: z.array(recorded),
  /** Edited since they were applied. */
  changed: z.array(recorded),
  ambiguous: z.array(sameName),
  partWay: z.array(
    z.strictObject({
      ...{ name: z.string(), batch: count, direction: z.enum(['up', 'down']) },
      /** How many of its statements are finished, and the one that comes next, where it was begun. */
      ...{ finished: count, next: z.string().nullable() },
    }),
  ),
  knexLocked: z.boolean(),
});
