import type { RuleInfo } from '../../rule.js';

export const waiverUnused: RuleInfo = {
  id: 'waiver-unused',
  family: 'waivers',
  title: 'A waiver covers nothing',
  severity: 'warn',
};
