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
  const settingsIn = await loadScanner();
  const uses = new Map<string, string[]>();
  for (const { place, text } of codeOf(snapshot)) {
    for (const setting of settingsIn(text)) uses.set(setting, [...(uses.get(setting) ?? []), place]);
  }
  const likeness = (setting: string) => {
    const name = setting.slice(setting.lastIndexOf('.') + 1);
    return name === column ? 2 : name.includes(column.replace(/_?id$/i, '')) ? 1 : 0;
  };
  return [...uses]
    .map(([setting, places]) => ({ setting, places: [...new Set(places)] }))
    .sort((a, b) => likeness(b.setting) - likeness(a.setting) || b.places.length - a.places.length);
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

/** PostgreSQL's own scanner: what stands in a comment or in another string is no call. */
async function loadScanner(): Promise<(text: string) => string[]> {
  const { loadModule, scanSync } = await import('libpg-query');
  await loadModule();
  return (text) => {
    try {
      const { tokens } = scanSync(text);
      return tokens.flatMap(({ text: word }, index) => {
        const [open, name] = tokens.slice(index + 1, index + 3);
        const isCall = word.toLowerCase() === 'current_setting' && open?.text === '(';
        const setting = isCall && name?.tokenName === 'SCONST' ? name.text.slice(1, -1) : '';
        return setting.includes('.') ? [setting] : [];
      });
    } catch {
      return [];
    }
  };
}
