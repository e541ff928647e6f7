import type { Target } from '../postgres/server.js';
import type { Findings } from './findings.js';

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
  /** With an indent it is wrapped at the terminal's width, else left as it is. */
  | { kind: 'text'; spans: Cell[]; indent?: number }
  | { kind: 'table'; head: string[]; rows: Cell[][] }
  | { kind: 'code'; language: 'sql' | 'sh' | 'ts'; text: string }
  /** What most readers skip: a terminal shows it only where it is open, Markdown folds it. */
  | { kind: 'details'; title: string; open: boolean; blocks: Block[] };

/** The one JSON document of a command. Commands add their own fields. */
export interface ReportDocument {
  version: 1;
  command: string;
  target: Target | null;
  exitCode: number;
  /** Where the command failed. */
  error?: { code: string; message: string; hint?: string };
  [field: string]: unknown;
}

/** What a command came to: one document for machines, the same facts as blocks for people. */
export interface Report {
  document: ReportDocument;
  blocks: Block[];
  /** For the formats that list findings, where the command has any. */
  findings?: Findings;
}
