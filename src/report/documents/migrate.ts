import { z } from 'zod';
import { count, documentSchema, milliseconds, relationName } from './common.js';
import { drift, recorded, sameName } from './status.js';
import { finding, notTried, probes, verified } from './verify-tenancy.js';

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

/** What --verify came to. */
const verification = z.strictObject({
  outcome: z.enum(['ok', 'gate', 'inconclusive']),
  /** Open errors at the end of the last transaction; `after`: the files that they are put down to, none for before. */
  holes: z.array(finding.extend({ after: z.array(z.string()) })),
  /** Errors before the commit that the baseline covers. */
  accepted: z.array(finding),
  /** What was not tried before the commit. */
  notTried: z.array(notTried),
  /** Crossings tried as the app role before the commit. */
  probes,
  /** What the application's own login came to after the commit; null where it was not asked. */
  afterCommit: z.strictObject(verified).nullable(),
});

/** What a statement of a dry run came to hold on a table that was there before. */
const tableLock = z.strictObject({
  relation: z.string(),
  mode: z.string(),
  /** With indexes and TOAST. */
  bytes: count.nullable(),
  /** As last estimated; null where never analysed. */
  rows: count.nullable(),
});

const rehearsed = z.strictObject({
  name: z.string(),
  durationMs: milliseconds,
  statements: z.array(
    z.strictObject({ statement: z.string(), durationMs: milliseconds, locks: z.array(tableLock) }),
  ),
});

const lintFinding = z.strictObject({
  rule: z.string().regex(/^[a-z0-9-]+$/),
  severity: z.enum(['error', 'warn']),
  file: z.string(),
  /** null where the statement comes from code, or where it is what the file has made by its end. */
  line: z.int().positive().nullable(),
  statement: z.string().nullable(),
  object: z.string().nullable(),
  /** What breaks. */
  detail: z.string(),
  /** SQL with the real names, or comments where a person has to decide. */
  recipe: z.string(),
  /** The reason of the waiver that covers it. */
  waived: z.string().nullable(),
});

const lint = z.strictObject({
  level: z.enum(['error', 'warn', 'off']),
  findings: z.array(lintFinding),
  /** The file that was refused for its findings, and what had been done of it. */
  refused: z.strictObject({ name: z.string(), left: z.enum(['nothing', 'part', 'everything']) }).nullable(),
});

export const migrate = documentSchema('migrate', {
  dryRun: z.boolean(),
  before: count,
  planned: z.array(z.strictObject({ name: z.string(), transaction: z.boolean() })),
  applied: z.array(z.strictObject({ name: z.string(), batch: count, durationMs: milliseconds })),
  /** Ran, and were rolled back, because the gate (--verify) or the lint said no. */
  rolledBack: z.array(z.string()),
  verification: verification.nullable(),
  lint,
  /** In a dry run: what was executed and rolled back, and what cannot be in a transaction. */
  rehearsed: z.array(rehearsed),
  notExecuted: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  pending: z.array(z.string()),
  ...refused,
});

/** How many rows or values; estimated where counting took too long, null where nobody can tell. */
const amount = z.strictObject({ count: count.nullable(), estimated: z.boolean() });

/** What a rollback takes with it. */
const losses = z.strictObject({
  tables: z.array(relationName.extend({ rows: amount })),
  columns: z.array(relationName.extend({ table: z.string(), values: amount })),
  /** Tables that stay, and are emptied by TRUNCATE. */
  truncated: z.array(relationName.extend({ rows: amount })),
  /** Tables that stay: rows that are deleted or changed. */
  rows: z.array(relationName.extend({ deleted: count, updated: count })),
  /** Files that could not be rehearsed. */
  notKnown: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
});

export const rollback = documentSchema('rollback', {
  dryRun: z.boolean(),
  planned: z.array(z.strictObject({ name: z.string(), batch: count })),
  losses,
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
  /** The migration; null where the decision is about the schema. */
  name: z.string().nullable(),
  /** What was wrong with it. */
  was: z.enum(['changed', 'missing', 'part way', 'drift']),
  /** What it counts as now. */
  now: z.enum(['applied', 'retired', 'pending', 'accepted']),
  reason: z.string(),
  /** With --accept-drift: what differed. */
  drift: z.array(drift).optional(),
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
