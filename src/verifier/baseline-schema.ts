import * as z from 'zod/mini';
import { BASELINE_VERSION } from './baseline.js';

const entry = z.strictObject({
  severity: z.enum(['error', 'warn', 'info']),
  ...{ schema: z.string(), object: z.string(), detail: z.string() },
});

/** What a baseline file holds. */
export const baselineSchema = z.strictObject({
  version: z.literal(BASELINE_VERSION),
  findings: z.record(z.string(), entry),
});
