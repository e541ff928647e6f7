/** The text that was sent when a statement failed. */
export interface FailedStatement {
  /** As the server got it: the error's position counts in it. */
  text: string;
  /** 1-based line of the source file that the statement begins on, where it came from one. */
  line?: number;
}

const failed = new WeakMap<object, FailedStatement>();

/** Remembers beside a SQL error which statement it answers; node-postgres says only where in that text. */
export function noteFailedStatement(error: unknown, statement: FailedStatement): void {
  if (typeof error === 'object' && error !== null) failed.set(error, statement);
}

export function failedStatement(error: unknown): FailedStatement | undefined {
  return typeof error === 'object' && error !== null ? failed.get(error) : undefined;
}
