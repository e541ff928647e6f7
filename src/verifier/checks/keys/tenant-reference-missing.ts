import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check, Subject } from '../../check.js';
import { freeName, requireReference } from '../../fix/online.js';
import { tenantLinks } from '../../keys.js';
import { faultOf, relationOf, tenantTables } from '../../relations.js';

export const tenantReferenceMissing: Check = {
  id: 'tenant-reference-missing',
  family: 'keys',
  title: 'Nothing ensures that the tenant exists',
  severity: 'warn',
  explanation:
    'No foreign key leads from the tenant column to the root, directly or through a parent that has one. Rows can belong to ' +
    'a tenant that never existed or was deleted; should its key be given out again, the new tenant inherits them. Where the ' +
    'column cannot refer to the root because their types differ, this is a remark (info).',
  *find(subject) {
    const anchored = anchoredRelations(subject);
    for (const known of tenantTables(subject)) {
      const { relation, tenantColumn, class: kind } = known;
      if (kind === 'root' || tenantColumn === undefined || anchored.has(relation.oid)) continue;
      if (relation.parents.length > 0) continue;
      const possible = rootKeyType(subject) === typeOf(known);
      yield faultOf(
        relation,
        `no foreign key holds ${tenantColumn} to ${subject.tenancy.root?.relation.name}`,
        {
          column: tenantColumn,
          ...(!possible && { severity: 'info' }),
        },
      );
    }
  },
  fix(fault, subject) {
    const known = relationOf(subject, fault);
    const { root } = subject.tenancy;
    if (!known || !root || fault.severity === 'info') return undefined;
    const { relation, tenantColumn: column = '' } = known;
    const name = freeName(subject, relation.schema, [relation.name, column, 'fkey']);
    const references = `${quoteName(root.relation)} (${quoteIdent(root.tenantColumn ?? '')})`;
    return requireReference(
      subject,
      relation,
      name,
      `FOREIGN KEY (${quoteIdent(column)}) REFERENCES ${references}`,
    );
  },
};

/** Tables whose tenant column is held to the root, step by step from those that refer to it themselves. */
function anchoredRelations(subject: Subject): Set<number> {
  const root = subject.tenancy.root?.relation.oid;
  const anchored = new Set(
    tenantTables(subject)
      .filter(({ relation, tenantColumn }) =>
        relation.constraints.some(
          ({ columns, foreignKey }) => foreignKey?.relation === root && columns.includes(tenantColumn ?? ''),
        ),
      )
      .map(({ relation }) => relation.oid),
  );
  const links = tenantLinks(subject).filter(({ carriesTenant }) => carriesTenant);
  for (let before = -1; before !== anchored.size; ) {
    before = anchored.size;
    for (const { child, parent } of links) {
      if (anchored.has(parent.relation.oid)) anchored.add(child.relation.oid);
    }
  }
  return anchored;
}

function typeOf({ relation, tenantColumn }: ClassifiedRelation): string | undefined {
  return relation.columns.find((column) => column.name === tenantColumn)?.baseType;
}

function rootKeyType(subject: Subject): string | undefined {
  return subject.tenancy.root && typeOf(subject.tenancy.root);
}
