import { Redactor } from '../config/redaction.js';

/** The process's one redactor: bin installs it before anything can be printed. */
export const redactor = new Redactor();

/**
 * Passes everything that leaves by stdout or stderr through the redactor: reports, oclif's own messages, DEBUG output,
 * a library's complaint. Redacting at each call instead would need only one forgotten call.
 */
export function installRedaction(argv: readonly string[], env: NodeJS.ProcessEnv): void {
  redactor.addInputs(argv, env);
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
    stream.write = ((chunk: unknown, ...rest: unknown[]) =>
      write(typeof chunk === 'string' ? redactor.redact(chunk) : chunk, ...rest)) as typeof stream.write;
  }
}
