import type { Node } from 'libpg-query';
import type { ContextConfig } from '../../../tenancy/config.js';
import { findAll, textsOf } from '../nodes.js';
import type { SqlParser } from '../parse.js';
import { type Case, Unreadable } from './case.js';
import { ofJson, written } from './constants.js';
import { ERROR, type Key, NULL, type Term, text, type Value } from './value.js';

/** How the session names its tenant: properly, never, or by '' (what a setting becomes after a pooled transaction). */
export type ContextState = 'set' | 'unset' | 'empty';

/** What each setting of the context holds once it is set, the key of the tenant asked for included. */
export type Settings = ReadonlyMap<string, Value>;

/** Evaluates an expression of the context's statements; throws Unreadable where it cannot. */
type Evaluate = (node: Node, parameter: Value) => Value;

/** The settings that carry the context, in lower case, as PostgreSQL compares their names. */
export function contextSettings(context: ContextConfig, sql: SqlParser): string[] {
  if ('setting' in context) return [context.setting.toLowerCase()];
  return settingsIn(context.sql.flatMap((statement) => sql.statements(statement) ?? [])).map(
    ({ name }) => name,
  );
}

/** The same, with what each holds. */
export function readSettings(context: ContextConfig, sql: SqlParser, key: Key, evaluate: Evaluate): Settings {
  if ('setting' in context) {
    const name = context.setting.toLowerCase();
    return new Map([[name, signedIn(key, name)]]);
  }
  const settings = new Map<string, Value>();
  for (const { name, value } of settingsIn(
    context.sql.flatMap((statement) => sql.statements(statement) ?? []),
  )) {
    const known = value && held(value, key, evaluate);
    settings.set(name, known ? placed(signedIn(known, name), [name]) : fromQuery(name));
  }
  return settings;
}

/** What SET and set_config say in a text, names in lower case. */
export function settingsIn(trees: readonly Node[]): { name: string; value: Node | undefined }[] {
  return trees.flatMap((tree) => [
    ...findAll(tree, 'VariableSetStmt').map(({ name = '', args }) => ({
      name: name.toLowerCase(),
      value: args?.[0],
    })),
    ...findAll(tree, 'FuncCall')
      .filter(({ funcname }) => textsOf(funcname).at(-1) === 'set_config')
      .flatMap(({ args }) =>
        findAll(args?.[0], 'A_Const').map(({ sval }) => ({
          name: (sval?.sval ?? '').toLowerCase(),
          value: args?.[1],
        })),
      ),
  ]);
}

const fromQuery = (name: string): Term => ({
  ...sessionTerm(`setting ${name}`, `the setting ${name}, which the context takes from a query`, false),
  ...{ session: NAMES_SOMEBODY.test(name), claims: true },
});

/** Whether a claim of a setting that comes from a query names who is signed in. */
export const isNamedBy = (setting: Value, claim: Value): boolean =>
  setting.kind === 'term' &&
  setting.claims === true &&
  claim.kind === 'const' &&
  NAMES_SOMEBODY.test(String(claim.value));

/** Stands for the key within a text that is put together. */
const MARK = 'tenantctl-key';

function held(node: Node, key: Key, evaluate: Evaluate): Value | undefined {
  for (const parameter of [key, text(MARK)]) {
    try {
      return contents(evaluate(node, parameter), key);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
  }
  return undefined;
}

function contents(value: Value, key: Key): Value | undefined {
  if (value.kind === 'key') return { ...value, type: 'text' };
  if (value.kind === 'object') return value;
  const plain = value.kind === 'const' ? written(value.type, value.value) : undefined;
  if (plain === undefined || !plain.includes(MARK)) return plain === undefined ? undefined : text(plain);
  try {
    return replaced(ofJson(JSON.parse(plain)), (leaf) =>
      leaf.kind === 'const' && leaf.value === MARK ? key : leaf,
    );
  } catch {
    return undefined;
  }
}

function replaced(value: Value, by: (leaf: Value) => Value): Value {
  if (value.kind === 'list') return { kind: 'list', items: value.items.map((item) => replaced(item, by)) };
  if (value.kind !== 'object') return by(value);
  return {
    ...value,
    fields: new Map([...value.fields].map(([name, field]) => [name, replaced(field, by)])),
  };
}

function placed(value: Value, place: readonly string[]): Value {
  if (value.kind !== 'object') return value;
  const fields = [...value.fields].map(([name, field]) => [name, placed(field, [...place, name])] as const);
  return { kind: 'object', fields: new Map(fields), place };
}

/** What current_setting gives; `asked` is the key of the tenant asked for. */
export function setting(
  settings: Settings,
  state: ContextState,
  asked: Value,
  name: string,
  missingOk: boolean,
  here: Case,
): Value {
  const value = settings.get(name.toLowerCase());
  if (value === undefined) {
    const isAbsent = isOtherSpelling(settings, name, state === 'set' && !here.concrete);
    return isAbsent ? (missingOk ? NULL : ERROR) : foreignSetting(name, missingOk);
  }
  if (state === 'empty') return text('');
  if (state === 'unset') return missingOk ? NULL : ERROR;
  const known = replaced(value, (leaf) => (leaf.kind === 'key' ? asText(asked, leaf) : leaf));
  return orOtherwise(known, [name.toLowerCase()], here);
}

/**
 * What the context sets to one and the same, whoever the tenant is, is an example: a role, a plan. Other sessions hold
 * something else there. Who is signed in is named by any name.
 */
export function orOtherwise(value: Value, [setting = '', ...path]: readonly string[], here: Case): Value {
  if (value.kind !== 'const' || value.session || here.concrete) return value;
  const name = path.length === 0 ? `the setting ${setting}` : `${path.join('.')} in ${setting}`;
  if (here.decide(`${name} is as configured`, 2) === 0) return value;
  const why = `${name}, which is not always ${JSON.stringify(value.value)}`;
  return { kind: 'term', text: `${name} otherwise`, type: value.type, nullable: true, why, harmless: true };
}

function asText(asked: Value, { session }: Key): Value {
  if (asked.kind === 'key') return { ...asked, type: 'text', session };
  return asked.kind === 'const' ? text(String(asked.value)) : asked;
}

/**
 * Whether a setting is a claim as PostgREST used to set it, which sets the ones or the other. `named`: only one that the
 * context's JSON names, too.
 */
function isOtherSpelling(settings: Settings, name: string, named: boolean): boolean {
  const [, prefix = '', claim = ''] = /^(.*)\.claim\.([^.]+)$/.exec(name.toLowerCase()) ?? [];
  const claims = settings.get(`${prefix}.claims`);
  return claims !== undefined && (!named || (claims.kind === 'object' && claims.fields.has(claim)));
}

/** Nobody says that it holds what belongs to the tenant: whoever can run SQL sets it. */
const foreignSetting = (name: string, missingOk: boolean): Term => ({
  ...sessionTerm(`setting ${name}`, `the setting ${name}, which is no part of the context`, missingOk),
  session: false,
});

/**
 * A field that the context does not name in its JSON. Under the context as it is written it is NULL, which is good for a
 * witness; but a session of the application's may hold anything there.
 */
export function unnamedField([setting = '', ...path]: readonly string[], asText: boolean, here: Case): Value {
  if (here.concrete) return NULL;
  const claim = path.join('.');
  const term = sessionTerm(
    `${setting} ${asText ? '->>' : '->'} ${claim}`,
    `${claim} in ${setting}, which the context does not name`,
    true,
  );
  // Whose it would be nobody says, so that no row gives access by it.
  return { ...term, type: asText ? 'text' : undefined, session: false };
}

export function sessionTerm(name: string, why: string, nullable: boolean): Term {
  return { kind: 'term', text: name, type: 'text', nullable, why, session: true, harmless: nullable };
}

const NAMES_SOMEBODY = /(^|[._])(sub|uid|user|member|email|person|login)(_?id)?$/i;

/** Whether the context says who is signed in. */
export function namesSomebody(value: Value): boolean {
  if (value.kind === 'object') return [...value.fields.values()].some(namesSomebody);
  return (value.kind === 'const' || value.kind === 'key') && value.session === true;
}

/** Marks what the context says about who is signed in: by it other tables are looked up. */
function signedIn(value: Value, name: string): Value {
  if (value.kind === 'object') {
    const fields = [...value.fields].map(([field, inner]) => [field, signedIn(inner, field)] as const);
    return { ...value, fields: new Map(fields) };
  }
  const isIdentity = (value.kind === 'const' || value.kind === 'key') && NAMES_SOMEBODY.test(name);
  return isIdentity ? { ...value, session: true } : value;
}
