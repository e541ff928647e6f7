import { z } from 'zod';

/** Which database a command worked on. */
const target = z.strictObject({
  host: z.string(),
  port: z.int(),
  database: z.string(),
  user: z.string(),
  source: z.string(),
  embedded: z.boolean(),
});

const sqlError = z.strictObject({
  sqlstate: z.string().regex(/^[0-9A-Z]{5}$/),
  message: z.string(),
  detail: z.string().optional(),
  hint: z.string().optional(),
  file: z.string().optional(),
  statement: z.string().optional(),
  /** 1-based character offset into the statement. */
  position: z.int().positive().optional(),
});

const error = z.strictObject({
  code: z.string().regex(/^[A-Z][A-Z0-9_]+$/),
  message: z.string(),
  hint: z.string().optional(),
  sql: sqlError.optional(),
});

/** The step that failed, and what it left in the database. */
const failed = z.strictObject({ name: z.string(), left: z.enum(['nothing', 'part', 'unknown']) });

export const relationName = z.strictObject({ schema: z.string(), name: z.string() });
/** JSON has no dates; ISO 8601, UTC. */
export const instant = z.iso.datetime();
export const milliseconds = z.number().nonnegative();
export const count = z.int().nonnegative();

/** The one JSON document of a command: either what it did, or the error, with what it had done until then. */
export function documentSchema<Shape extends z.ZodRawShape>(command: string, shape: Shape) {
  const envelope = {
    version: z.literal(1),
    command: z.literal(command),
    target: target.nullable(),
    exitCode: count,
  };
  return z.union([
    z.strictObject({ ...envelope, ...shape }),
    z.strictObject({ ...envelope, ...z.object(shape).partial().shape, failed: failed.optional(), error }),
  ]);
}
