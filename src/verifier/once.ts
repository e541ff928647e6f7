/** The same function, but worked out once for each key: many checks ask about the same. An answer goes with its key. */
export function once<K extends object, T>(work: (key: K) => T): (key: K) => T {
  const known = new WeakMap<K, { answer: T }>();
  return (key) => {
    const found = known.get(key) ?? { answer: work(key) };
    known.set(key, found);
    return found.answer;
  };
}

/** The same for texts, of which a schema has but so many: a thousand tables share a handful. */
export function onceForText<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, { answer: T }>();
  return (text) => {
    const found = known.get(text) ?? { answer: work(text) };
    known.set(text, found);
    return found.answer;
  };
}
