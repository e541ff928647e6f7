import type { Findings, ReportedFinding } from '../../src/report/findings.js';
import type { Report } from '../../src/report/report.js';

/** Whatever a database can put into a name, and what the formats would take for their own. */
export const ODD = 'a "b" <c> & \'d\' %0A::error::e, f:g\r\nh ]]> \u0007 ü 😀';

export function finding(changes: Partial<ReportedFinding> = {}): ReportedFinding {
  const { rule = 'rls-disabled', object = 'orders' } = changes;
  return {
    ...{
      key: `${rule}:"public"."${object}"`,
      rule,
      severity: 'error',
      object,
      message: 'it is off',
      fails: true,
    },
    ...changes,
  };
}

export function report(findings: Partial<Findings>, document: Partial<Report['document']> = {}): Report {
  const rule = {
    id: 'rls-disabled',
    family: 'rls',
    title: 'Off',
    severity: 'error',
    explanation: 'Why.',
  } as const;
  return {
    document: { version: 1, command: 'verify-tenancy', target: null, exitCode: 3, ...document },
    blocks: [],
    findings: { rules: [rule], findings: [], tests: [], place: 'tenantctl.config.ts', ...findings },
  };
}

/** Of every kind, with odd names in every place. */
export const VARIED: Report = report({
  findings: [
    finding({ object: ODD, key: ODD, message: ODD, statement: ODD, remedy: ODD, fix: ODD }),
    finding({ rule: 'script:odd name', file: 'checks/odd name.sql', line: 3 }),
    finding({ object: '', severity: 'warn', fails: false }),
    finding({ severity: 'info', fails: false }),
    finding({ object: 'a', fails: false, accepted: { by: 'waiver', reason: ODD } }),
    finding({ object: 'b', fails: false, accepted: { by: 'baseline', reason: 'old' } }),
  ],
  tests: [
    { object: 'orders', name: 'select', outcome: 'passed', message: 'context tenant: 5 denied by policy' },
    { object: 'orders', name: 'insert', outcome: 'inconclusive', message: ODD },
    { object: 'orders', name: 'TRUNCATE', outcome: 'skipped', message: 'left out' },
    { object: '', name: 'proof', outcome: 'inconclusive', message: 'no login' },
    { object: ODD, name: 'verdict', outcome: 'passed' },
  ],
});

export const FAILED: Report = {
  document: {
    ...{ version: 1, command: 'verify-tenancy', target: null, exitCode: 69 },
    error: { code: 'UNREACHABLE', message: 'Cannot connect: 100 % <gone>.', hint: 'start it' },
  },
  blocks: [],
};
