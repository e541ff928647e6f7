import { isOpen } from './finding.js';
import { type ProbeTally, sumTallies } from './probe/proof/proof.js';
import type { VerifyResult } from './verify-result.js';

export interface Summary {
  relations: { isolated: number; leaking: number; inconclusive: number };
  findings: { error: number; warn: number; info: number; waived: number; baselined: number };
  probes: ProbeTally;
}

/** Counts; what was accepted is counted as such only. */
export function summarize({ findings, relations }: VerifyResult): Summary {
  const verdicts = (verdict: string) => relations.filter((relation) => relation.verdict === verdict).length;
  const open = (severity: string) =>
    findings.filter((one) => one.severity === severity && isOpen(one)).length;
  return {
    relations: {
      isolated: verdicts('isolated'),
      leaking: verdicts('leaking'),
      inconclusive: verdicts('inconclusive'),
    },
    findings: {
      error: open('error'),
      warn: open('warn'),
      info: open('info'),
      waived: findings.filter(({ waived }) => waived).length,
      baselined: findings.filter(({ waived, baselined }) => !waived && baselined).length,
    },
    probes: sumTallies(relations.map(({ probes }) => probes)),
  };
}
