import * as z from 'zod/mini';
import { SSL_MODES } from '../postgres/settings.js';

// The small half of zod, which loads in a fraction of the time, comes without the words for what is wrong.
z.config(z.locales.en());

const name = z.string().check(z.minLength(1, 'expected a name, received an empty string'));
const path = z.string().check(z.minLength(1, 'expected a path, received an empty string'));
const text = z.string().check(z.minLength(1));
const oneOrMore = z.union([name, z.array(name).check(z.minLength(1))]);

const connection = z.strictObject({
  url: z.optional(z.string()),
  ssl: z.optional(
    z.strictObject({
      mode: z.optional(z.enum(SSL_MODES)),
      rootCert: z.optional(path),
      cert: z.optional(path),
      key: z.optional(path),
    }),
  ),
  embedded: z.optional(z.boolean()),
});

const files = z.strictObject({ directory: z.optional(oneOrMore) });

const migrations = z.extend(files, { tableName: z.optional(name), schemaName: z.optional(name) });

const statements = z.array(text).check(z.minLength(1));
const variants = z.optional(z.record(name, statements));

const context = z.union([
  z.strictObject({
    setting: z.string().check(z.regex(/^[^.\s]+\.[^\s]+$/, 'expected a name with a dot: app.tenant_id')),
    variants,
  }),
  z.strictObject({ sql: statements, variants }),
]);

const waiver = z.strictObject({
  key: text,
  reason: z.string().check(z.minLength(1, 'a waiver needs a reason')),
  until: z.optional(z.iso.date()),
});

const reasons = z.record(z.string(), z.string().check(z.minLength(1, 'say why every tenant may read it')));

const tenancy = z.strictObject({
  schemas: z._default(z.array(name).check(z.minLength(1)), ['public']),
  root: name,
  column: oneOrMore,
  columns: z._default(z.record(z.string(), name), {}),
  context,
  appRole: z.optional(name),
  appGroup: z.optional(name),
  shared: z._default(reasons, {}),
  isolation: z._default(z.enum(['rls', 'application']), 'rls'),
  checks: z.optional(path),
  waivers: z._default(z.array(waiver), []),
  probe: z.optional(z.strictObject({ fixtures: z._default(z.record(z.string(), oneOrMore), {}) })),
});

/** What `tenantctl.config.*` may hold. An unknown key is an error: a misspelt one must not be a silent default. */
export const configSchema = z.strictObject({
  connection: z.optional(connection),
  migrations: z.optional(migrations),
  seeds: z.optional(files),
  tenancy: z.optional(tenancy),
});

/** The configuration as a user writes it. */
export type ConfigInput = z.input<typeof configSchema>;
export type ParsedConfig = z.output<typeof configSchema>;
