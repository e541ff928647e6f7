import { quoteIdent } from '../identifiers.js';
import type { WaiverConfig } from '../tenancy/config.js';
import type { CheckInfo } from './check.js';
import { waiverExpired } from './checks/configuration/waiver-expired.js';
import { waiverUnused } from './checks/configuration/waiver-unused.js';
import { type Finding, sortFindings } from './finding.js';
import type { Settled } from './selection.js';

/**
 * Marks the findings that a waiver names, and adds a finding for each waiver that has run out or matches nothing. To be
 * called with all findings, once each source of them has spoken; calling it again after more came gives the same as once.
 *
 * @param settled what a waiver names and was not looked for this time is not mended
 */
export function applyWaivers(
  findings: readonly Finding[],
  waivers: readonly WaiverConfig[],
  now: Date,
  settled: Settled = () => true,
): Finding[] {
  const today = now.toISOString().slice(0, 10);
  const own = [waiverExpired.id, waiverUnused.id];
  const plain = findings.filter((finding) => !own.includes(finding.check));
  const expired = (waiver: WaiverConfig) => waiver.until !== undefined && waiver.until < today;
  const marked = plain.map(({ waived: _, ...finding }): Finding => {
    const waiver = waivers.find((candidate) => candidate.key === finding.key && !expired(candidate));
    return waiver ? { ...finding, waived: { reason: waiver.reason, until: waiver.until } } : finding;
  });
  const faults = waivers.flatMap((waiver) => {
    if (!plain.some((finding) => finding.key === waiver.key)) {
      if (!settled(waiver.key)) return [];
      return [aboutWaiver(waiverUnused, waiver, `no finding has the key ${waiver.key}`)];
    }
    return expired(waiver)
      ? [aboutWaiver(waiverExpired, waiver, `held until ${waiver.until}: ${waiver.reason}`)]
      : [];
  });
  return sortFindings([...marked, ...faults]);
}

function aboutWaiver(check: CheckInfo, waiver: WaiverConfig, detail: string): Finding {
  return {
    key: `${check.id}:${quoteIdent(waiver.key)}`,
    check: check.id,
    severity: check.severity,
    schema: '',
    object: waiver.key,
    detail,
    evidence: 'catalog',
  };
}
