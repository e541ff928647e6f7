import type { Check } from '../../check.js';
import { policyFaults } from '../../policy/faults.js';
import { judgedOf } from '../../policy/openings.js';

export const policyUndecided: Check = {
  id: 'policy-undecided',
  family: 'policies',
  title: 'A policy may let more through than anybody can try',
  severity: 'warn',
  explanation:
    'Whether the policy holds to the tenant depends on what cannot be read: another column, a setting outside the context, the ' +
    'time, chance, a function. Of the rows, sessions and moments there can be, the probe tries a few. A restrictive policy that ' +
    'asks for the tenant settles it; for a setting or claim, saying in tenancy.context what it holds (null where no session has ' +
    'it) does; for a function, one SELECT, or PL/pgSQL that only computes. Where all is as meant, a person looks, and waives it.',
  onlyUnderRls: true,
  *find(subject) {
    yield* policyFaults(
      subject,
      (policy, _, known) => {
        const open = judgedOf(subject, known).flatMap(
          ({ policy: { name }, command, decided: { finding } }) =>
            name === policy.name && finding.outcome === 'unknown' && finding.open
              ? { command: command.toUpperCase(), why: finding.why }
              : [],
        );
        const commands = new Set(open.map(({ command }) => command));
        return open[0] && `may let more through (${[...commands].join(', ')}), because of ${open[0].why}`;
      },
      { undecided: true },
    );
  },
};
