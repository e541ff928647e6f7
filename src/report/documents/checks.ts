import { z } from 'zod';
import { documentSchema } from './common.js';

export const checks = documentSchema('checks', {
  checks: z.array(
    z.strictObject({
      id: z.string(),
      family: z.string(),
      severity: z.enum(['error', 'warn', 'info']),
      title: z.string(),
      explanation: z.string(),
      /** SQL; left out where only a person can decide. */
      exampleFix: z.string().optional(),
    }),
  ),
});
