import type { Block, Cell } from './report.js';

export function heading(text: string): Block {
  return { kind: 'heading', text };
}

/** As it stands. */
export function line(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}

/** Broken at the terminal's width. */
export function wrapped(indent: number, ...spans: Cell[]): Block {
  return { kind: 'text', spans, indent };
}

/** '1 error', '2 errors'. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
