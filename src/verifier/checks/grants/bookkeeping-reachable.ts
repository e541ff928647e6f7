import { BOOKKEEPING_SCHEMA } from '../../../postgres/bookkeeping.js';
import type { Check } from '../../check.js';
import { excessiveGrants, revokeOn } from '../../grants.js';
import { isTouchable } from '../../relations.js';

const WRITES = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'];

export const bookkeepingReachable: Check = {
  id: 'bookkeeping-reachable',
  family: 'grants',
  title: 'The application can use the bookkeeping of operations tools',
  severity: 'error',
  explanation:
    'The schema tenantctl records migrations, backfills and the rows that could not be assigned to a tenant, so the ' +
    "application must not reach it at all. Other tools' migration tables hold no tenant's data, but an application that may " +
    'write them can make a migration run again, or never (warn).',
  *find(subject) {
    const internal = subject.tenancy.relations.filter(
      ({ class: kind, relation }) =>
        kind === 'internal' && relation.extension === undefined && isTouchable(subject, relation),
    );
    const own = internal.filter(({ relation }) => relation.schema === BOOKKEEPING_SCHEMA);
    const others = internal.filter(({ relation }) => relation.schema !== BOOKKEEPING_SCHEMA);
    yield* excessiveGrants(subject, own, ['SELECT', ...WRITES], 'it records rows of every tenant');
    for (const fault of excessiveGrants(subject, others, WRITES, 'it decides which migrations run')) {
      yield { ...fault, severity: 'warn' };
    }
  },
  fix: (fault, subject) => revokeOn(subject, fault, fault.schema === BOOKKEEPING_SCHEMA ? 'ALL' : WRITES),
};
