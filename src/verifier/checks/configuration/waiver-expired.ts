import type { CheckInfo } from '../../check.js';

export const waiverExpired: CheckInfo = {
  id: 'waiver-expired',
  family: 'configuration',
  title: 'A waiver has run out',
  severity: 'warn',
  explanation:
    'The waiver named a last day, and that day is over: the finding counts again. Mend the fault, or decide anew and give the ' +
    'waiver another date and a reason that still holds.',
};
