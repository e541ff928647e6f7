import { z } from 'zod';
import { backfillTenant } from './backfill-tenant.js';
import { checks } from './checks.js';
import { createAppRole } from './create-app-role.js';
import { init } from './init.js';
import { migrate, migrateBaseline, migrateNew, migrateRepair, migrateUnlock, rollback } from './migrate.js';
import { seed } from './seed.js';
import { status } from './status.js';
import { verifyTenancy } from './verify-tenancy.js';

/** The `--json` document of each command. */
export const documents = {
  'backfill-tenant': backfillTenant,
  checks,
  'create-app-role': createAppRole,
  init,
  migrate,
  'migrate baseline': migrateBaseline,
  'migrate new': migrateNew,
  'migrate repair': migrateRepair,
  'migrate unlock': migrateUnlock,
  rollback,
  seed,
  status,
  'verify-tenancy': verifyTenancy,
};

export type CommandName = keyof typeof documents;

/** The JSON Schema (2020-12) of a command's `--json` document. */
export function jsonSchemaOf(command: CommandName): object {
  return z.toJSONSchema(documents[command]);
}
