import { z } from 'zod';
import { SSL_MODES } from '../../postgres/settings.js';
import { count, documentSchema, instant, milliseconds } from './common.js';

/** A migration as knex's ledger has it. */
export const recorded = z.strictObject({ name: z.string(), batch: count, appliedAt: instant.nullable() });

/** Files that share a name. */
export const sameName = z.strictObject({ name: z.string(), paths: z.array(z.string()) });

/** A property's value: text, a number, true, a list; null where it is not there. */
const value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);

/** An object that is not as tenantctl left it. */
export const drift = z.strictObject({
  change: z.enum(['created', 'changed', 'dropped']),
  /** 'table', 'column', 'policy' … */
  kind: z.string(),
  name: z.string(),
  /** Of one that was changed. */
  differences: z.array(z.strictObject({ property: z.string(), before: value, now: value })),
});

const fingerprint = z.strictObject({
  /** Whether the schema can be compared with what tenantctl left; `drift` says nothing unless it can. */
  state: z.enum(['absent', 'running', 'interrupted', 'incomparable', 'locked', 'denied', 'comparable']),
  takenAt: instant.nullable(),
  /** The command that took it, and its server's major version. */
  ...{ command: z.string().nullable(), serverMajor: z.int().nullable() },
  /** The command that is at work, or was interrupted. */
  run: z.strictObject({ command: z.string(), since: instant }).nullable(),
});

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
  fingerprint,
  drift: z.array(drift),
});
