/**
 * The same plain data with every string passed through `change`. A report is redacted before it is rendered: what XML or
 * Markdown escape would no longer look like the secret that is looked for.
 */
export function mapStrings<T>(value: T, change: (text: string) => string): T {
  return mapped(value, change) as T;
}

function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each) => mapped(each, change));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [change(key), mapped(each, change)]));
}
