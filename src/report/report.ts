import type { Target } from '../postgres/server.js';

/** How a piece of text is meant; the terminal renderer turns it into colour. */
export type Tone = 'good' | 'bad' | 'warn' | 'muted' | 'strong';

export interface Span {
  text: string;
  tone?: Tone | undefined;
}

export type Cell = string | Span;

/** What a person reads, independent of where: every renderer draws the same blocks. */
export type Block =
  | { kind: 'heading'; text: string }
  | { kind: 'text'; spans: Cell[] }
  | { kind: 'table'; head: string[]; rows: Cell[][] }
  | { kind: 'code'; language: 'sql' | 'sh' | 'ts'; text: string };

/** The one JSON document of a command. Commands add their own fields. */
export interface ReportDocument {
  version: 1;
  command: string;
  target: Target | null;
  exitCode: number;
  [field: string]: unknown;
}

/** What a command came to: one document for machines, the same facts as blocks for people. */
export interface Report {
  document: ReportDocument;
  blocks: Block[];
}
