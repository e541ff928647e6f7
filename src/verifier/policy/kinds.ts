import type { Policy } from '../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { once } from '../once.js';
import { isOwnCase } from './reason/integrity.js';
import { lookupsIn, signatureOf } from './signature.js';

/** Relations that nothing tells apart as far as policies go: a thousand tables are of a handful of kinds. */
export interface Kind {
  subject: Subject;
  /** One of them: what its policies come to, theirs do. */
  classified: ClassifiedRelation;
}

/** The kind of a relation, the same object for all of that kind. */
export function kindOf(subject: Subject, classified: ClassifiedRelation): Kind {
  return kindsOf(subject)(classified);
}

const kindsOf = once((subject: Subject) => {
  const kinds = new Map<string, Kind>();
  const lookups = lookupsIn(subject.snapshot.functions);
  return once((classified: ClassifiedRelation): Kind => {
    const key = keyOf(subject, classified, lookups);
    const kind = kinds.get(key) ?? { subject, classified };
    kinds.set(key, kind);
    return kind;
  });
});

/** All that is asked: what the policies are, whom they bind, who may try, and what their expressions are decided by. */
function keyOf(subject: Subject, classified: ClassifiedRelation, lookups: ReadonlySet<string>): string {
  const { app } = subject;
  const { relation, class: kind } = classified;
  const texts = relation.policies.flatMap(({ using, check }) => [using, check].flatMap((text) => text ?? []));
  return [
    ...[kind, relation.rowSecurity, relation.forceRowSecurity, relation.owner],
    isOwnCase(relation, subject) ? relation.oid : '',
    ...app.actors.map((actor) => listOf(app.privilegesAs(actor, relation))),
    ...relation.policies.map(textOf),
    signatureOf(classified, texts, lookups),
  ].join('\0');
}

const listOf = once((privileges: ReadonlySet<string>) => [...privileges].sort().join());

/** Policies that are alike are one object. */
const textOf = once((policy: Policy) => JSON.stringify(policy));
