import { z } from 'zod';
import { documentSchema } from './common.js';

export const createAppRole = documentSchema('create-app-role', {
  role: z.string(),
  created: z.boolean(),
  dryRun: z.boolean(),
  group: z.strictObject({ name: z.string(), chosen: z.enum(['configured', 'found']) }).nullable(),
  password: z.enum(['set', 'unchanged', 'left as it is']),
  credentials: z.string().nullable(),
  changes: z.array(
    z.strictObject({
      kind: z.enum(['role', 'attributes', 'password', 'membership', 'grant', 'setting']),
      sql: z.string(),
    }),
  ),
  warnings: z.array(z.strictObject({ code: z.string(), text: z.string(), sql: z.string().optional() })),
});
