import { z } from 'zod';
import { documentSchema, relationName } from './common.js';

const proposed = <Value extends z.ZodType>(value: Value) => z.strictObject({ value, because: z.string() });

export const init = documentSchema('init', {
  path: z.string(),
  written: z.boolean(),
  dryRun: z.boolean(),
  source: z.string(),
  proposal: z
    .strictObject({
      schemas: z.array(z.string()),
      root: proposed(relationName),
      column: proposed(z.string()),
      setting: proposed(z.string()),
      appRole: proposed(z.string()),
      appGroup: proposed(z.string()).optional(),
      unassigned: z.array(relationName),
      rowSecurity: z.string().optional(),
    })
    .nullable(),
});
