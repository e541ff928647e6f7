import type { Sequence } from '../../../catalog/snapshot.js';
import { quoteName } from '../../../identifiers.js';
import type { Check, Subject } from '../../check.js';
import { granteeList, holdersOf } from '../../grants.js';

export const sequenceGranted: Check = {
  id: 'sequence-granted',
  family: 'grants',
  title: 'The application may read or set a sequence that all tenants share',
  severity: 'warn',
  explanation:
    'A sequence has no policies. UPDATE allows setval: one tenant can make the inserts of all others fail on duplicate keys. ' +
    'SELECT shows how many rows all tenants together have made (info). nextval needs USAGE only, and identity columns not ' +
    'even that.',
  *find(subject) {
    for (const sequence of subject.snapshot.sequences) {
      const grants = excess(subject, sequence);
      if (grants.length === 0) continue;
      const settable = grants.some((grant) => grant.privilege === 'UPDATE');
      const who = holdersOf(grants);
      yield {
        ...{ schema: sequence.schema, object: sequence.name },
        detail: settable ? `${who} may set it, for all tenants` : `${who} may read how far it is`,
        ...(!settable && { severity: 'info' as const }),
      };
    }
  },
  fix(fault, subject) {
    const sequence = subject.snapshot.sequences.find(
      ({ schema, name }) => schema === fault.schema && name === fault.object,
    );
    if (!sequence) return undefined;
    const from = granteeList(excess(subject, sequence));
    return `REVOKE SELECT, UPDATE ON SEQUENCE ${quoteName(sequence)} FROM ${from};`;
  },
};

function excess(subject: Subject, sequence: Sequence) {
  if (!subject.app.mayUseSchema(sequence.schema)) return [];
  return subject.app
    .usable(sequence.grants)
    .filter(({ grantee, privilege }) => privilege !== 'USAGE' && grantee !== sequence.owner);
}
