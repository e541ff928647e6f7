import type { Relation } from '../../../../catalog/snapshot.js';
import { displayName, quoteName } from '../../../../identifiers.js';
import type { TenancyRule } from '../../rule.js';

export const grantedToPublic: TenancyRule = {
  id: 'granted-to-public',
  family: 'tenancy',
  title: 'A relation is granted to PUBLIC',
  severity: 'warn',
  *find({ before, model }) {
    const known = new Map(before.relations.map((relation) => [relation.oid, publicPrivileges(relation)]));
    for (const { relation, class: kind } of model.relations) {
      if (kind === 'internal' || !model.config.schemas.includes(relation.schema)) continue;
      const added = [...publicPrivileges(relation)].filter((each) => !known.get(relation.oid)?.has(each));
      if (added.length === 0) continue;
      const open = kind !== 'shared' && !relation.rowSecurity && model.config.isolation === 'rls';
      yield {
        ...{ schema: relation.schema, object: relation.name },
        severity: open ? 'error' : 'warn',
        detail: `every role that exists or will exist may ${added.join(', ')} on ${displayName(relation)}: reporting users, other applications, whoever gets a login next year`,
        recipe: [
          `REVOKE ${added.join(', ')} ON ${quoteName(relation)} FROM PUBLIC;`,
          '-- and GRANT to the role that needs it',
        ].join('\n'),
      };
    }
  },
};

function publicPrivileges({ grants, columns }: Relation): Set<string> {
  const all = [...grants, ...columns.flatMap((column) => column.grants)];
  return new Set(all.filter(({ grantee }) => grantee === 'public').map(({ privilege }) => privilege));
}
