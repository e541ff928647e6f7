import type { CatalogSnapshot } from '../catalog/snapshot.js';
import type { QualifiedName } from '../identifiers.js';
import { classify } from './classify.js';
import type { TenancyConfig } from './config.js';
import type { TenancyModel } from './model.js';

/**
 * Classifies a database on its way: what the configuration names and no migration has made yet is left out, where
 * `classify` would take it for a misspelt name.
 *
 * @returns undefined as long as there is no root: nothing belongs to a tenant then
 */
export function classifySoFar(snapshot: CatalogSnapshot, config: TenancyConfig): TenancyModel | undefined {
  const find = (name: QualifiedName) =>
    snapshot.relations.find((relation) => relation.schema === name.schema && relation.name === name.name);
  const isThere = ({ relation }: { relation: QualifiedName }) => find(relation) !== undefined;
  if (!find(config.root)) return undefined;
  return classify(snapshot, {
    ...config,
    schemas: config.schemas.filter((name) => snapshot.schemas.some((schema) => schema.name === name)),
    shared: config.shared.filter(isThere),
    fixtures: config.fixtures.filter(isThere),
    columnOverrides: config.columnOverrides.filter(({ relation, column }) =>
      find(relation)?.columns.some(({ name }) => name === column),
    ),
  });
}
