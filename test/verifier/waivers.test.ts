import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/verifier/finding.js';
import { applyWaivers } from '../../src/verifier/waivers.js';

const NOW = new Date('2026-06-01T23:59:59Z');

function finding(key: string, severity: Finding['severity'] = 'error'): Finding {
  const [check = ''] = key.split(':');
  return { key, check, severity, schema: 'public', object: 'kids', detail: 'x', evidence: 'catalog' };
}

describe('applyWaivers', () => {
  it('marks what a waiver names, up to and including its last day', () => {
    const waivers = [
      { key: 'a:"x"', reason: 'known' },
      { key: 'b:"x"', reason: 'until today', until: '2026-06-01' },
    ];
    expect(applyWaivers([finding('b:"x"'), finding('a:"x"'), finding('c:"x"')], waivers, NOW)).toEqual([
      { ...finding('a:"x"'), waived: { reason: 'known', until: undefined } },
      { ...finding('b:"x"'), waived: { reason: 'until today', until: '2026-06-01' } },
      finding('c:"x"'),
    ]);
  });

  it('reports what has run out, and leaves its finding as it is', () => {
    const waivers = [{ key: 'a:"x"', reason: 'soon', until: '2026-05-31' }];
    const [first, second] = applyWaivers([finding('a:"x"')], waivers, NOW);
    expect(first).toEqual(finding('a:"x"'));
    expect(second).toMatchObject({
      check: 'waiver-expired',
      key: 'waiver-expired:"a:""x"""',
      severity: 'warn',
    });
  });

  it('reports what matches nothing, once, however often it is applied', () => {
    const waivers = [{ key: 'a:"x"', reason: 'known' }];
    const once = applyWaivers([], waivers, NOW);
    expect(once).toMatchObject([{ check: 'waiver-unused', object: 'a:"x"' }]);
    expect(applyWaivers(once, waivers, NOW)).toEqual(once);
    expect(applyWaivers([...once, finding('a:"x"')], waivers, NOW)).toMatchObject([
      { waived: { reason: 'known' } },
    ]);
  });

  it('sorts worst first, then by key', () => {
    const findings = [
      finding('b', 'info'),
      finding('c', 'error'),
      finding('a', 'warn'),
      finding('a', 'error'),
    ];
    const sorted = applyWaivers(findings, [], NOW).map(({ key, severity }) => `${severity} ${key}`);
    expect(sorted).toEqual(['error a', 'error c', 'warn a', 'info b']);
  });
});
