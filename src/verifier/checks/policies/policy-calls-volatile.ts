import type { Check } from '../../check.js';
import { policyFaults } from '../../policy/faults.js';
import { findAll, textsOf } from '../../policy/nodes.js';

/** Built-in functions that answer differently for each row. */
const VOLATILE = [
  'random',
  'clock_timestamp',
  'timeofday',
  'gen_random_uuid',
  'uuidv7',
  'nextval',
  'setseed',
];

export const policyCallsVolatile: Check = {
  id: 'policy-calls-volatile',
  family: 'policies',
  title: "A policy's answer changes from one row to the next",
  severity: 'warn',
  explanation:
    'The condition calls a function such as random(), so the same row is shown once and hidden the next time, and no test ' +
    'can tell what the policy lets through. A policy may depend on the row and on the session, on nothing else.',
  onlyUnderRls: true,
  *find(subject) {
    yield* policyFaults(subject, (_, trees) => {
      const call = findAll(trees, 'FuncCall')
        .map(({ funcname }) => textsOf(funcname).join('.'))
        .find((name) => VOLATILE.includes(name));
      return call && `calls ${call}()`;
    });
  },
};
