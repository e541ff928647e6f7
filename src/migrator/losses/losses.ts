/** How many rows or values: exact, or, where counting took too long, as the server last estimated; null: not known. */
export interface Amount {
  count: number | null;
  estimated: boolean;
}

/** What a rollback takes with it, besides what the up files would make again. */
export interface Losses {
  /** Tables that are dropped. */
  tables: { schema: string; name: string; rows: Amount }[];
  /** Columns that are dropped from tables that stay, with how many rows have a value in them. */
  columns: { schema: string; table: string; name: string; values: Amount }[];
  /** Tables that stay and are emptied at once. */
  truncated: { schema: string; name: string; rows: Amount }[];
  /** Tables that stay, and how many of their rows the files delete or change. */
  rows: { schema: string; name: string; deleted: number; updated: number }[];
  /** Files of which nobody can tell what they take with them, and why. */
  notKnown: { name: string; reason: string }[];
}

export const NO_LOSSES: Losses = { tables: [], columns: [], truncated: [], rows: [], notKnown: [] };
