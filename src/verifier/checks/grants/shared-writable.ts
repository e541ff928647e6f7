import { writesOf } from '../../blocked.js';
import type { Check } from '../../check.js';
import { grantedOn, revokeOn } from '../../grants.js';
import { faultOf, holders } from '../../relations.js';

const WRITES = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'];

export const sharedWritable: Check = {
  id: 'shared-writable',
  family: 'grants',
  title: 'The application may write a shared relation',
  severity: 'error',
  explanation:
    'The configuration declares the relation shared: every tenant reads it. Where the application may write it, too, what one ' +
    'tenant writes all others read, and what they rely on, it can change or delete. Shared data is written by migrations and ' +
    'seeds.',
  *find(subject) {
    for (const { relation, class: kind } of subject.tenancy.relations) {
      if (kind !== 'shared') continue;
      const granted = grantedOn(subject, relation).map((grant) => grant.privilege);
      const [write, ...more] = writesOf(subject, relation).filter((privilege) => granted.includes(privilege));
      if (write === undefined) continue;
      yield faultOf(
        relation,
        `shared by all tenants, and ${holders(subject, relation, write)} may ${[write, ...more].join(', ')}`,
      );
    }
  },
  fix: (fault, subject) => revokeOn(subject, fault, WRITES),
};
