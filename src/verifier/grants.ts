import type { Grant, Relation } from '../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../identifiers.js';
import type { ClassifiedRelation } from '../tenancy/model.js';
import type { Fault, Subject } from './check.js';
import { once } from './once.js';
import type { Reach } from './reach.js';
import { faultOf, relationOf, roleName } from './relations.js';

/** What the application was granted on a relation, on single columns included; an owner's own rights are another fault. */
export function grantedOn({ app }: Subject, relation: Relation): readonly Grant[] {
  return grantedIn(app)(relation);
}

const grantedIn = once((app: Reach) =>
  once((relation: Relation): readonly Grant[] =>
    app.grantsOn(relation).filter(({ grantee }) => grantee !== relation.owner),
  ),
);

/** One fault for each of `relations` on which the application was granted one of `privileges`. */
export function* excessiveGrants(
  subject: Subject,
  relations: readonly ClassifiedRelation[],
  privileges: readonly string[],
  consequence: string,
): Generator<Fault> {
  for (const { relation } of relations) {
    const grants = grantedOn(subject, relation).filter((grant) => privileges.includes(grant.privilege));
    if (grants.length === 0) continue;
    yield faultOf(relation, `${holdersOf(grants)} may ${privilegesIn(grants)}: ${consequence}`);
  }
}

/** REVOKE of `privileges` (or ALL) on the relation that a fault names, from whoever of the application's was granted them. */
export function revokeOn(
  subject: Subject,
  fault: Fault,
  privileges: readonly string[] | 'ALL',
): string | undefined {
  const known = relationOf(subject, fault);
  if (!known) return undefined;
  const grants = grantedOn(subject, known.relation).filter(
    (grant) => privileges === 'ALL' || privileges.includes(grant.privilege),
  );
  if (grants.length === 0) return undefined;
  const held = privileges === 'ALL' ? 'ALL' : privilegesIn(grants);
  // On a table, REVOKE takes the same privilege on its columns along.
  return `REVOKE ${held} ON ${quoteName(known.relation)} FROM ${granteeList(grants)};`;
}

/** Grantees as SQL: quoted, PUBLIC as the keyword. */
export function granteeList(grants: readonly Grant[]): string {
  return grantees(grants)
    .map((name) => (name === 'public' ? 'PUBLIC' : quoteIdent(name)))
    .join(', ');
}

function grantees(grants: readonly Grant[]): string[] {
  return [...new Set(grants.map((grant) => grant.grantee))];
}

/** Grantees as people write them: 'booking_app and PUBLIC'. */
export function holdersOf(grants: readonly Grant[]): string {
  return grantees(grants).map(roleName).join(' and ');
}

/** 'SELECT, INSERT'. */
export function privilegesIn(grants: readonly Grant[]): string {
  return [...new Set(grants.map((grant) => grant.privilege))].join(', ');
}
