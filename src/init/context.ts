import type { CatalogSnapshot } from '../catalog/snapshot.js';
import { displayName } from '../identifiers.js';

/** A setting that policies, functions or defaults read, and where. */
export interface SettingUse {
  setting: string;
  /** 'policy tenant_isolation on users', 'function current_organization_id'. */
  places: string[];
}

/**
 * The custom settings (app.tenant_id) that the database's own code asks current_setting() for; the likeliest to hold the
 * tenant first: the one named after the column, then the one that most places read.
 */
export async function findSettings(snapshot: CatalogSnapshot, column: string): Promise<SettingUse[]> {
  const scan = await loadScanner();
  const uses = new Map<string, string[]>();
  for (const { place, text } of codeOf(snapshot)) {
    for (const setting of scan(text).settings) uses.set(setting, [...(uses.get(setting) ?? []), place]);
  }
  return [...uses]
    .map(([setting, places]) => ({ setting, places: [...new Set(places)] }))
    .sort(
      (a, b) =>
        likeness(b.setting, column) - likeness(a.setting, column) || b.places.length - a.places.length,
    );
}

/**
 * Where a setting holds claims in JSON, as PostgREST and Supabase set them, the one that is likeliest to name the tenant:
 * one named after the column, wherever it is read, or where the setting is; else who is signed in.
 */
export async function findClaim(
  snapshot: CatalogSnapshot,
  setting: string,
  column: string,
): Promise<string | undefined> {
  if (!setting.endsWith('.claims')) return undefined;
  const scan = await loadScanner();
  const scanned = codeOf(snapshot).map(({ text }) => scan(text));
  if (scanned.some(({ fields }) => fields.includes(column))) return column;
  const near = scanned.flatMap(({ settings, fields }) => (settings.includes(setting) ? fields : []));
  // What is called metadata is an object, and of Supabase's one is the user's own to write.
  return near.find((name) => likeness(name, column) > 0 && !name.endsWith('metadata')) ?? 'sub';
}

/** How much the last part of a name says that it holds the key in a column. */
function likeness(name: string, column: string): number {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return last === column ? 2 : last.includes(column.replace(/_?id$/i, '')) ? 1 : 0;
}

function codeOf(snapshot: CatalogSnapshot): { place: string; text: string }[] {
  const policies = snapshot.relations.flatMap((relation) =>
    relation.policies.map(({ name, using, check }) => ({
      place: `policy ${name} on ${displayName(relation)}`,
      text: `${using ?? ''} ${check ?? ''}`,
    })),
  );
  const functions = snapshot.functions
    .filter(({ language, extension }) => ['sql', 'plpgsql'].includes(language) && extension === undefined)
    .map((fn) => ({ place: `function ${displayName(fn)}`, text: fn.source }));
  const columns = snapshot.relations.flatMap((relation) =>
    relation.columns.map(({ name, defaultExpression = '' }) => ({
      place: `default of ${displayName(relation)}.${name}`,
      text: defaultExpression,
    })),
  );
  return [...policies, ...functions, ...columns];
}

interface Scanned {
  settings: string[];
  /** Fields that are taken out of JSON as text: ->> 'name'. */
  fields: string[];
}

/** PostgreSQL's own scanner: what stands in a comment or in another string is no call. */
async function loadScanner(): Promise<(text: string) => Scanned> {
  const { loadModule, scanSync } = await import('libpg-query');
  await loadModule();
  return (text) => {
    try {
      const { tokens } = scanSync(text);
      const stringAt = (index: number) => {
        const token = tokens[index];
        return token?.tokenName === 'SCONST' ? token.text.slice(1, -1) : '';
      };
      const settings = tokens.flatMap(({ text: word }, index) => {
        const isCall = word.toLowerCase() === 'current_setting' && tokens[index + 1]?.text === '(';
        const setting = isCall ? stringAt(index + 2) : '';
        return setting.includes('.') ? [setting] : [];
      });
      const fields = tokens.flatMap(({ text: word }, index) =>
        word === '->>' && stringAt(index + 1) !== '' ? [stringAt(index + 1)] : [],
      );
      return { settings, fields };
    } catch {
      return { settings: [], fields: [] };
    }
  };
}
