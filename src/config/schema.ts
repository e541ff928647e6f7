import { z } from 'zod';
import { SSL_MODES } from '../postgres/settings.js';

const name = z.string().min(1, 'expected a name, received an empty string');
const path = z.string().min(1, 'expected a path, received an empty string');
const oneOrMore = z.union([name, z.array(name).min(1)]);

const connection = z.strictObject({
  url: z.string().optional(),
  ssl: z
    .strictObject({
      mode: z.enum(SSL_MODES).optional(),
      rootCert: path.optional(),
      cert: path.optional(),
      key: path.optional(),
    })
    .optional(),
  embedded: z.boolean().optional(),
});

const files = z.strictObject({ directory: oneOrMore.optional() });

const migrations = files.extend({ tableName: name.optional(), schemaName: name.optional() });

const statements = z.array(z.string().min(1)).min(1);
const variants = z.record(name, statements).optional();

const context = z.union([
  z.strictObject({
    setting: z.string().regex(/^[^.\s]+\.[^\s]+$/, 'expected a name with a dot: app.tenant_id'),
    variants,
  }),
  z.strictObject({ sql: statements, variants }),
]);

const waiver = z.strictObject({
  key: z.string().min(1),
  reason: z.string().min(1, 'a waiver needs a reason'),
  until: z.iso.date().optional(),
});

const tenancy = z.strictObject({
  schemas: z.array(name).min(1).default(['public']),
  root: name,
  column: oneOrMore,
  columns: z.record(z.string(), name).default({}),
  context,
  appRole: name.optional(),
  appGroup: name.optional(),
  shared: z.record(z.string(), z.string().min(1, 'say why every tenant may read it')).default({}),
  isolation: z.enum(['rls', 'application']).default('rls'),
  checks: path.optional(),
  waivers: z.array(waiver).default([]),
  probe: z.strictObject({ fixtures: z.record(z.string(), oneOrMore).default({}) }).optional(),
});

/** What `tenantctl.config.*` may hold. An unknown key is an error: a misspelt one must not be a silent default. */
export const configSchema = z.strictObject({
  connection: connection.optional(),
  migrations: migrations.optional(),
  seeds: files.optional(),
  tenancy: tenancy.optional(),
});

/** The configuration as a user writes it. */
export type ConfigInput = z.input<typeof configSchema>;
export type ParsedConfig = z.output<typeof configSchema>;
