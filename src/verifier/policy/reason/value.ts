/** Constants as JavaScript has them; a moment is its milliseconds, NaN one that is only known to be finite. */
export type Constant = string | number | boolean | object;

/** What stands for itself: a column, a setting, whatever cannot be looked into. The same text is the same value. */
export interface Term {
  kind: 'term';
  text: string;
  type: string | undefined;
  nullable: boolean;
  /** What it hides, in words, where it is more than the rest of the row. */
  why?: string | undefined;
  /** The session decides it: who is signed in, as opposed to what a row holds. */
  session?: boolean | undefined;
  /** A setting that the context takes from a query: of claims in it, those that name somebody are the session's. */
  claims?: boolean | undefined;
  /** Reading it cannot fail. */
  harmless?: boolean | undefined;
}

/** The key of a tenant: the one that the session asks for, the one whose row it is, or yet another one. */
export interface Key {
  kind: 'key';
  whose: 'asked' | 'own' | 'third';
  /** The type in which it stands here. */
  type: string;
  /** The type of the tenant column: in that type, two tenants never have the same key. */
  home: string;
  /** The context has it stand for who is signed in, as where each user is a tenant. */
  session?: boolean | undefined;
}

interface ConstantValue {
  kind: 'const';
  type: string;
  value: Constant;
  /** The context says it of who is signed in; the same constant in a policy is just a constant. */
  session?: boolean | undefined;
}

/**
 * What an expression comes to, for one case out of all rows. Types are named as the catalog does (int4, text, uuid …). A
 * list is an array; an object is one of JSON, as text or not, which has no other fields unless it has a place: the setting
 * that holds it, and the fields that lead to it there. Then the session may hold more of them.
 */
export type Value =
  | { kind: 'null' }
  | { kind: 'error' }
  | ConstantValue
  | { kind: 'list'; items: readonly Value[] }
  | { kind: 'object'; fields: ReadonlyMap<string, Value>; place?: readonly string[] }
  | Key
  | Term;

export const NULL: Value = { kind: 'null' };
export const ERROR: Value = { kind: 'error' };
export const TRUE: Value = { kind: 'const', type: 'bool', value: true };
export const FALSE: Value = { kind: 'const', type: 'bool', value: false };

export const bool = (value: boolean): Value => (value ? TRUE : FALSE);
export const constant = (type: string, value: Constant): Value => ({ kind: 'const', type, value });
export const text = (value: string): Value => constant('text', value);

/** Types whose constants are compared in the same way. */
export type Family = 'text' | 'number' | 'uuid' | 'bool' | 'moment' | 'json' | 'padded';

const FAMILIES: Readonly<Record<string, Family>> = {
  ...{ text: 'text', varchar: 'text', name: 'text', unknown: 'text', bpchar: 'padded' },
  ...{
    int2: 'number',
    int4: 'number',
    int8: 'number',
    numeric: 'number',
    float4: 'number',
    float8: 'number',
  },
  ...{ uuid: 'uuid', bool: 'bool', timestamptz: 'moment', timestamp: 'moment', date: 'moment' },
  ...{ json: 'json', jsonb: 'json' },
};

/** undefined for a type that is not known here: an array, an enum, one that an extension brings. */
export function familyOf(type: string | undefined): Family | undefined {
  return type === undefined ? undefined : FAMILIES[type];
}

export const typeOf = (value: Value): string | undefined => ('type' in value ? value.type : undefined);

/** One text for each value: equal texts mean the same value. */
export function textOf(value: Value): string {
  switch (value.kind) {
    case 'term':
      return value.text;
    case 'const':
      return `${value.type} ${JSON.stringify(String(value.value) === '[object Object]' ? value.value : String(value.value))}`;
    case 'key':
      return `the ${value.whose} tenant as ${value.type}`;
    case 'list':
      return `[${value.items.map(textOf).join(', ')}]`;
    case 'object':
      return `{${[
        ...[...value.fields].map(([name, field]) => `${name}: ${textOf(field)}`),
        ...(value.place ? [`the rest of ${value.place.join('.')}`] : []),
      ].join(', ')}}`;
    default:
      return value.kind;
  }
}

/** A concrete value as PostgreSQL reads it; null for NULL. */
export function plainText(value: Value): string | null {
  switch (value.kind) {
    case 'null':
      return null;
    case 'const':
      if (value.value === Number.POSITIVE_INFINITY) return 'infinity';
      return value.value === Number.NEGATIVE_INFINITY ? '-infinity' : String(value.value);
    case 'list':
      return `{${value.items.map((item) => JSON.stringify(plainText(item))).join(',')}}`;
    case 'object':
      return JSON.stringify(
        Object.fromEntries([...value.fields].map(([name, field]) => [name, plainText(field)])),
      );
    default:
      return textOf(value);
  }
}
