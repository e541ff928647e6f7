import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openProgress } from '../../src/cli/progress.js';
import type { Event } from '../../src/events.js';

/** Everything that `events` write to a stream that is a terminal, or is none. */
async function written(
  format: 'text' | 'json',
  events: (Event | (() => void))[],
  isTTY = false,
): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const view = await openProgress(stream as unknown as NodeJS.WriteStream, format);
  for (const event of events) {
    if (typeof event === 'function') event();
    else view.onEvent(event);
  }
  view.close();
  return String(stream.read() ?? '');
}

const progress = (done: number, task = 'fill users'): Event => ({
  kind: 'progress',
  task,
  done,
  total: 9,
  unit: 'rows',
});

afterEach(() => {
  vi.useRealTimers();
});

describe('progress elsewhere than on a terminal', () => {
  it('is the latest state every few seconds, and nothing for what is quick', async () => {
    vi.useFakeTimers();
    const later = () => vi.advanceTimersByTime(5_000);
    const text = await written('text', [
      progress(1),
      progress(2),
      later,
      later,
      progress(3),
      progress(1, 'fill posts'),
      later,
      progress(9, 'fill posts'),
    ]);
    expect(text).toBe('fill users: 2 of 9 rows\nfill posts: 1 of 9 rows\n');
  });

  it('tells messages as they come', async () => {
    const text = await written('text', [
      { kind: 'info', text: 'waiting' },
      { kind: 'warning', text: 'slow' },
    ]);
    expect(text).toBe('waiting\nWarning: slow\n');
  });

  it('is one JSON document a line for log collectors', async () => {
    const text = await written('json', [progress(1), progress(2), { kind: 'warning', text: 'slow\nline' }]);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      { time: expect.stringMatching(/^\d{4}-.*Z$/), ...progress(1) },
      { time: expect.any(String), ...progress(2) },
      { time: expect.any(String), kind: 'warning', text: 'slow\nline' },
    ]);
  });
});

describe('progress on a terminal', () => {
  it('is a bar that makes way for messages and leaves nothing behind', async () => {
    const text = await written(
      'text',
      [progress(1), { kind: 'info', text: 'a message' }, progress(5), progress(9)],
      true,
    );
    expect(text).toContain('fill users [');
    expect(text).toContain('1/9 rows');
    expect(text).toContain('a message\n');
    const last = text.slice(text.lastIndexOf('9/9 rows'));
    expect(last).toContain('\u001b[?25h');
  });
});
