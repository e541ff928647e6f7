/** A relation, function or type as PostgreSQL's catalog spells it: no quotes, no case folding. */
export interface QualifiedName {
  schema: string;
  name: string;
}

/** Quotes one identifier, always: a keyword, a capital or a dot must never change what is named. */
export function quoteIdent(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** Quotes `schema.name`. */
export function quoteName(name: QualifiedName): string {
  return `${quoteIdent(name.schema)}.${quoteIdent(name.name)}`;
}

/**
 * A string as an SQL literal, for what takes no parameters: utility statements (ALTER ROLE … SET, COMMENT), and messages
 * of several statements.
 */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  // A backslash is only unambiguous in an E'' string, whatever standard_conforming_strings says.
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** How a name is shown to people: quoted only where the bare spelling would be ambiguous or need quotes. */
export function displayName(name: QualifiedName, defaultSchema = 'public'): string {
  return name.schema === defaultSchema ? name.name : `${name.schema}.${name.name}`;
}

/**
 * Splits a name from the configuration, `orders`, `shop.orders` or `"odd.schema"."t"`. Names are literal and
 * case-sensitive; double quotes are only needed around a part that contains a dot.
 *
 * @returns undefined where the text is not a name of one or two parts
 */
export function parseName(text: string, defaultSchema: string): QualifiedName | undefined {
  const parts: string[] = [];
  let rest = text;
  for (;;) {
    const quoted = /^"((?:[^"]|"")+)"/.exec(rest);
    const bare = quoted ? undefined : /^[^."]+/.exec(rest);
    const match = quoted ?? bare;
    if (!match) return undefined;
    parts.push(quoted?.[1] === undefined ? match[0] : quoted[1].replaceAll('""', '"'));
    rest = rest.slice(match[0].length);
    if (rest === '') break;
    if (!rest.startsWith('.')) return undefined;
    rest = rest.slice(1);
  }
  const [first, second] = parts;
  if (first === undefined || parts.length > 2) return undefined;
  return second === undefined ? { schema: defaultSchema, name: first } : { schema: first, name: second };
}
