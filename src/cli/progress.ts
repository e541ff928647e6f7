import type { Event, OnEvent } from '../events.js';

const LINE_EVERY_MS = 5_000;

export interface ProgressView {
  onEvent: OnEvent;
  /** Takes the bar away, so that the report starts on a line of its own. */
  close(): void;
}

/**
 * Shows what engines tell, on stderr: a bar on a terminal, a line every few seconds elsewhere, or NDJSON for log
 * collectors.
 */
export async function openProgress(
  stderr: NodeJS.WriteStream,
  format: 'text' | 'json',
): Promise<ProgressView> {
  if (format === 'json') return jsonLines(stderr);
  return stderr.isTTY ? await bar(stderr) : lines(stderr);
}

function jsonLines(stderr: NodeJS.WritableStream): ProgressView {
  const onEvent = (event: Event) => {
    stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
  };
  return { onEvent, close: () => {} };
}

/** The latest state every few seconds, so that a log tells what a long run is at and a short one stays quiet. */
function lines(stderr: NodeJS.WritableStream): ProgressView {
  let latest = '';
  const timer = setInterval(() => {
    stderr.write(latest);
    latest = '';
  }, LINE_EVERY_MS);
  timer.unref();
  const onEvent = (event: Event) => {
    if (event.kind === 'progress') latest = `${event.task}: ${event.done} of ${event.total} ${event.unit}\n`;
    else stderr.write(message(event));
  };
  return { onEvent, close: () => clearInterval(timer) };
}

async function bar(stderr: NodeJS.WritableStream): Promise<ProgressView> {
  const { SingleBar } = await import('cli-progress');
  const format = '{task} [{bar}] {value}/{total} {unit}';
  const progress = new SingleBar({ stream: stderr, format, hideCursor: true, clearOnComplete: true });
  let running = false;
  const stop = () => {
    if (running) progress.stop();
    running = false;
  };
  const onEvent = (event: Event) => {
    if (event.kind !== 'progress') {
      stop();
      stderr.write(message(event));
      return;
    }
    const payload = { task: event.task, unit: event.unit };
    if (running) {
      progress.setTotal(event.total);
      progress.update(event.done, payload);
    } else {
      progress.start(event.total, event.done, payload);
    }
    running = event.done < event.total;
    if (!running) progress.stop();
  };
  return { onEvent, close: stop };
}

function message(event: Exclude<Event, { kind: 'progress' }>): string {
  return event.kind === 'warning' ? `Warning: ${event.text}\n` : `${event.text}\n`;
}
