import { z } from 'zod';
import { count, documentSchema, relationName } from './common.js';

const verdict = z.enum(['isolated', 'leaking', 'inconclusive']);
export const probes = z.strictObject({
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
  /** It is in the baseline, and no worse than it was. */
  baselined: z.boolean(),
  /** Whether tenants reach one another by it is not known; unless it is waived, it leaves the gate inconclusive. */
  undecided: z.boolean(),
});

/** What is known of one command on a relation in one context. */
const coverage = z.strictObject({
  command: z.enum(['select', 'insert', 'update', 'delete', 'truncate']),
  context: z.enum(['tenant', 'never set', 'after commit', 'empty', 'malformed', 'unknown']),
  /** Of all that was tried, the worst; `allowed` went through and reaches nobody else's rows. */
  result: z.enum(['denied', 'crossed', 'allowed', 'failed']),
  tried: count,
  by: z.array(z.enum(['policy', 'privilege', 'error', 'evaluation'])),
  /** The first statement that was not denied, and what came of it. */
  statement: z.string().nullable(),
  detail: z.string().nullable(),
});

const cells = z.record(z.string(), z.string().nullable());

/** What was decided about the policies of a relation for one command. */
const policyDecision = z.strictObject({
  command: z.enum(['select', 'insert', 'update', 'delete']),
  /** About the rows that a command finds, or about those that it writes. */
  expression: z.enum(['using', 'check']),
  outcome: z.enum(['proved', 'refuted', 'unknown']),
  /** The policy that lets the witness through, or that is not understood. */
  policy: z.string().nullable(),
  reason: z.string().nullable(),
  /** It is unknown, and nothing that is tried stands for all of it, so that the relation is not isolated. */
  open: z.boolean(),
  /** Tables whose rows say which tenants' rows the session gets, where it is proved by them. */
  through: z.array(z.string()),
  /** Whether rows that belong to no tenant come through. */
  tenantless: z.boolean(),
  /** A row of another tenant that comes through, values as PostgreSQL writes them. */
  witness: z
    .strictObject({
      context: z.enum(['set', 'unset', 'empty']),
      asked: z.string().nullable(),
      row: cells,
      others: z.array(z.strictObject({ relation: z.string(), row: cells })),
    })
    .nullable(),
});

const relation = relationName.extend({
  kind: z.enum(['table', 'partitioned table', 'view', 'materialized view', 'foreign table']),
  class: z.enum(['root', 'tenant', 'shared', 'untenanted', 'internal']),
  verdict,
  probes,
  coverage: z.array(coverage),
  policies: z.array(policyDecision),
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
    findings: z.strictObject({ error: count, warn: count, info: count, waived: count, baselined: count }),
    probes,
  }),
  findings: z.array(finding),
  relations: z.array(relation),
  /** What is missing for a proof, and the remedy. */
  lacking: z.array(z.strictObject({ reason: z.string(), remedy: z.string() })),
  /** Functions that the probe called as the login, and whether another tenant's values came out. */
  functions: z.array(z.strictObject({ schema: z.string(), object: z.string(), crossed: z.boolean() })),
  notTried: z.array(notTried),
  server: z.strictObject({
    version: z.string(),
    advisories: z.array(z.strictObject({ id: z.string(), what: z.string(), fixedIn: z.string() })),
  }),
  failOn: z.enum(['error', 'warn']),
  /** The checks that were asked for; all of them where both are empty. */
  selection: z.strictObject({ only: z.array(z.string()), skip: z.array(z.string()) }),
  /** Keys in the baseline that are found no more. */
  baseline: z.strictObject({ gone: z.array(z.string()) }).nullable(),
};

const verification = documentSchema('verify-tenancy', {
  ...verified,
  /** What `--fix` wrote, and the keys of what only a person can mend. */
  fixes: z
    .strictObject({ files: z.array(z.string()), statements: count, byHand: z.array(z.string()) })
    .nullable(),
});

/** What `--self-test` came to. */
const selfTest = documentSchema('verify-tenancy', {
  selfTest: z.strictObject({
    /** Of the schema without any fault planted. */
    unplanted: verdict,
    /** What the faults were planted on; null where there was no place for them. */
    table: relationName.nullable(),
    reason: z.string().nullable(),
    /** The tenant that rows without one were given between the migrations, as backfill-tenant does it. */
    backfilled: z.string().nullable(),
    /** The seeds were run, since the migrations made no two tenants and the application may add none. */
    seeded: z.boolean(),
    summary: z.strictObject({ caught: count, missed: count, failed: count, notApplicable: count }),
    trials: z.array(
      z.strictObject({
        /** Of the catalogue of leaks. */
        classes: z.array(z.int().positive()),
        title: z.string(),
        object: z.string(),
        outcome: z.enum(['caught', 'missed', 'failed', 'not applicable']),
        /** Ids of checks and crossings that named the object. */
        caughtBy: z.array(z.string()),
        reason: z.string().nullable(),
      }),
    ),
  }),
});

export const verifyTenancy = z.union([verification, selfTest]);
