import { describe, expect, it } from 'vitest';
import { renderGithub } from '../../src/report/github.js';
import { FAILED, finding, report, VARIED } from './findings.js';

const linesOf = (...given: Parameters<typeof report>) =>
  renderGithub(report(...given))
    .split('\n')
    .slice(0, -1);

it('annotates the file, with a title and what to do', () => {
  expect(linesOf({ findings: [finding({ remedy: 'switch it on', fix: 'ALTER …;' })] })).toEqual([
    '::error file=tenantctl.config.ts,line=1,title=orders%3A rls-disabled::it is off%0ATry: switch it on%0AFix:%0AALTER …;',
  ]);
});

it('keeps every command on a line of its own, whatever names hold', () => {
  const lines = renderGithub(VARIED).split('\n').slice(0, -1);
  for (const line of lines)
    expect(line).toMatch(/^::(error|warning) (file=[^,:]+,line=\d+,)?title=[^,:]+::[^\r]+$/);
  expect(lines[0]).toContain('title=a "b" <c> & \'d\' %250A%3A%3Aerror%3A%3Ae%2C f%3Ag%0D%0Ah');
});

it('leaves out remarks and what was accepted, and warns of what does not fail', () => {
  const accepted = { by: 'baseline' as const, reason: 'old' };
  const findings = [
    finding({ severity: 'warn', fails: false }),
    finding({ severity: 'info', fails: false }),
    finding({ fails: false, accepted }),
  ];
  expect(linesOf({ findings })).toEqual([expect.stringMatching(/^::warning /)]);
});

describe("GitHub's ten of a level per step", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => finding({ object: `t${index}` }));

  it('are used to the last', () => {
    expect(linesOf({ findings: many(10) })).toHaveLength(10);
  });

  it('end with how many there are besides', () => {
    const warning = finding({ severity: 'warn', fails: false });
    const lines = linesOf({ findings: [warning, ...many(12)] });
    expect(lines).toHaveLength(11);
    expect(lines[9]).toMatch(/^::error title=and 3 more::3 more of this level/);
    expect(lines[10]).toMatch(/^::warning /);
  });
});

it('tells what could not be verified, and what failed', () => {
  const tests = [{ object: '', name: 'proof', outcome: 'inconclusive' as const, message: 'no login' }];
  expect(linesOf({ tests })).toEqual(['::error title=proof::no login']);
  expect(renderGithub(FAILED)).toBe(
    '::error title=UNREACHABLE::Cannot connect: 100 %25 <gone>.%0ATry: start it\n',
  );
});
