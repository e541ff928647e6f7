import type { Check } from '../../check.js';

export const tenantColumnUnused: Check = {
  id: 'tenant-column-unused',
  family: 'configuration',
  title: 'A configured tenant column is on no relation',
  severity: 'warn',
  explanation:
    'No table or view has a column of this name, so it classifies nothing. It is misspelt, or left over, or the migration ' +
    "that adds it is still to come; until then tables are only known as tenants' by what they refer to.",
  *find({ snapshot, tenancy }) {
    if (!tenancy.root) return;
    const names = new Set(snapshot.relations.flatMap((relation) => relation.columns.map(({ name }) => name)));
    for (const column of tenancy.config.columns) {
      if (!names.has(column))
        yield { schema: '', object: column, detail: `no relation has a column ${column}` };
    }
  },
};
