import * as z from 'zod/mini';

const entry = z.strictObject({
  severity: z.enum(['error', 'warn', 'info']),
  ...{ schema: z.string(), object: z.string(), detail: z.string() },
});

/** What a baseline file of a version holds. */
export function baselineSchema(version: number) {
  return z.strictObject({ version: z.literal(version), findings: z.record(z.string(), entry) });
}
