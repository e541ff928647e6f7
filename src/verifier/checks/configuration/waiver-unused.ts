import type { CheckInfo } from '../../check.js';

export const waiverUnused: CheckInfo = {
  id: 'waiver-unused',
  family: 'configuration',
  title: 'A waiver matches no finding',
  severity: 'warn',
  explanation:
    'The fault was mended, or the key is misspelt. A waiver that waits would silence the same fault when it comes back, ' +
    'without anyone deciding so again. Remove it.',
};
