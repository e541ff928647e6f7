import { z } from 'zod';
import { count, documentSchema, relationName } from './common.js';

const verdict = z.enum(['isolated', 'leaking', 'inconclusive']);
const probes = z.strictObject({
  denied: count,
  crossed: count,
  failed: count,
  deniedBy: z.strictObject({ policy: count, privilege: count, error: count, evaluation: count }),
  sqlstates: z.array(z.string().regex(/^[0-9A-Z]{5}$/)),
});

export const finding = z.strictObject({
  /** What a waiver names: `rls-not-forced:"public"."orders"`. */
  key: z.string(),
  /** A team's own check is called by its file: `script:balances`. */
  check: z.string().regex(/^([a-z0-9-]+|script:.+)$/),
  severity: z.enum(['error', 'warn', 'info']),
  /** '' for what is in no schema, such as a role. */
  schema: z.string(),
  object: z.string(),
  column: z.string().nullable(),
  detail: z.string(),
  evidence: z.enum(['catalog', 'data', 'probe']),
  fix: z.string().nullable(),
  /** The statement that went through, where the probe is the evidence. */
  statement: z.string().nullable(),
  remedy: z.string().nullable(),
  waived: z.strictObject({ reason: z.string(), until: z.iso.date().nullable() }).nullable(),
});

const relation = relationName.extend({
  kind: z.enum(['table', 'partitioned table', 'view', 'materialized view', 'foreign table']),
  class: z.enum(['root', 'tenant', 'shared', 'untenanted', 'internal']),
  verdict,
  probes,
  reason: z.string().nullable(),
});

export const notTried = z.strictObject({
  schema: z.string(),
  object: z.string(),
  what: z.string(),
  reason: z.string(),
  required: z.boolean(),
  remedy: z.string().nullable(),
});

/** What the whole verification comes to. */
export const verified = {
  verdict,
  isolation: z.enum(['rls', 'application']),
  appRole: z.string().nullable(),
  summary: z.strictObject({
    relations: z.strictObject({ isolated: count, leaking: count, inconclusive: count }),
    findings: z.strictObject({ error: count, warn: count, info: count, waived: count }),
    probes,
  }),
  findings: z.array(finding),
  relations: z.array(relation),
  /** What is missing for a proof, and the remedy. */
  lacking: z.array(z.strictObject({ reason: z.string(), remedy: z.string() })),
  notTried: z.array(notTried),
  server: z.strictObject({
    version: z.string(),
    advisories: z.array(z.strictObject({ id: z.string(), what: z.string(), fixedIn: z.string() })),
  }),
};

export const verifyTenancy = documentSchema('verify-tenancy', verified);
