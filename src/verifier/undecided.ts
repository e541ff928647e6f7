import { type Finding, isOpen } from './finding.js';
import type { Lacking } from './lacking.js';

/** Somebody has looked into what is waived, or in the baseline: as far as the gate goes, that is decided. */
export function decidedByPeople(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => {
    const { undecided, ...decided } = finding;
    return undecided && !isOpen(finding) ? decided : finding;
  });
}

/** What nobody has decided, as reasons for which nothing as a whole is isolated. */
export function undecidedIn(findings: readonly Finding[]): Lacking[] {
  return findings
    .filter(({ undecided }) => undecided)
    .map(({ key, detail }) => ({
      reason: `${key}: ${detail}, and nothing that was tried tells whether that gives other tenants' rows away`,
      remedy:
        'hold it to the tenant in SQL that can be read, or take it from the app role; or look into it, and waive it by its key',
    }));
}
