/** A statement as it is about to be sent. */
export interface Sent {
  text: string;
  values: readonly unknown[];
}

/** The part of the server's answer that is looked at. */
export interface Answer {
  command: string;
  rowCount: number | null;
  rows: unknown[];
  fields: unknown[];
}

/** Stands around each statement that foreign code sends: sees it, and decides whether and when it goes. */
export type Around = (statement: Sent, send: () => Promise<Answer>) => Promise<Answer>;

/** One inside the other: the inner sees only what the outer lets go. */
export function nested(outer: Around, inner: Around | undefined): Around {
  if (!inner) return outer;
  return (statement, send) => outer(statement, () => inner(statement, send));
}

/** How a statement begins, for messages. */
export function excerpt(text: string): string {
  return JSON.stringify(text.trim().replaceAll(/\s+/g, ' ').slice(0, 60));
}
