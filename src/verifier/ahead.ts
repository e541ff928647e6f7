import type { CatalogSnapshot } from '../catalog/snapshot.js';
import type { TenancyModel } from '../tenancy/model.js';
import { auditCatalog } from './audit.js';
import type { Finding } from './finding.js';
import { loadSqlParser } from './policy/parse.js';
import { subjectOf } from './subject.js';

const EVERYTHING: ReadonlySet<string> = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE']);

const KEYS = ['unique-not-scoped', 'exclusion-not-scoped', 'fk-crosses-tenants'];

/**
 * What the checks of keys find, as if the application could write everywhere already: one migration makes a table, and
 * often a later one grants it.
 */
export async function auditKeysAhead(snapshot: CatalogSnapshot, model: TenancyModel): Promise<Finding[]> {
  const subject = subjectOf(snapshot, model, await loadSqlParser());
  const granted = { ...subject, app: { ...subject.app, privileges: () => EVERYTHING } };
  const findings = auditCatalog(granted, { only: KEYS, skip: [] });
  return findings.filter(({ schema }) => model.config.schemas.includes(schema));
}
