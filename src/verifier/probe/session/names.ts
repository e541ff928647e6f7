import type { Statement } from './attempt.js';

/** Names under which the statements of one session are prepared. */
export interface StatementNames {
  /** The statement as it is sent. */
  named(statement: Statement): Statement;
  /** Whether from now on every statement goes by a name, so that it is parsed and planned once for all that say it. */
  reuse(on: boolean): void;
  /** All that were given. */
  given(): string[];
}

/** Opened by this process so far. */
let sessions = 0;

/** As many as are tried at a time have texts; each keeps some kilobytes of the server's. */
const MOST_TEXTS = 512;

/** By names of this session's alone: a plan must not be one that an earlier session left on the connection. */
export function statementNames(): StatementNames {
  const session = ++sessions;
  /** As asked for → as sent. */
  const names = new Map<string, string>();
  const nameFor = (name: string) => {
    const known = names.get(name) ?? `tenantctl ${session} ${name}`;
    names.set(name, known);
    return known;
  };
  /** Text → its place; the oldest gives way. */
  const places = new Map<string, number>();
  const texts: string[] = [];
  let next = 0;
  const placeOf = (text: string) => {
    const known = places.get(text);
    if (known !== undefined) return known;
    const place = next;
    next = (next + 1) % MOST_TEXTS;
    places.delete(texts[place] ?? '');
    texts[place] = text;
    places.set(text, place);
    return place;
  };
  let reused = false;
  return {
    named: (statement) => {
      const { name, text, values } = statement;
      if (name !== undefined) return { text, values, name: nameFor(name) };
      return reused ? { text, values, name: nameFor(`text ${placeOf(text)}`) } : statement;
    },
    reuse: (on) => {
      reused = on;
    },
    given: () => [...names.values()],
  };
}
