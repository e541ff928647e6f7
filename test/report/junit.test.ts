import { describe, expect, it } from 'vitest';
import { renderJunit } from '../../src/report/junit.js';
import { junitErrors } from '../support/schemas.js';
import { FAILED, finding, report, VARIED } from './findings.js';

describe("Jenkins' schema", () => {
  it.each([
    ['findings of every kind', VARIED],
    ['nothing at all', report({})],
    ['a failure', FAILED],
  ])('accepts %s', async (_, given) => {
    expect(await junitErrors(renderJunit(given))).toEqual([]);
  });

  it.each([
    ['<testsuite ', '<testsuite colour="red" '],
    ['<skipped>', '<skipped type="x">'],
    ['<failure ', '<failures '],
  ])('does not accept %j as %j', async (from, to) => {
    expect(await junitErrors(renderJunit(VARIED).replace(from, to))).not.toEqual([]);
  });
});

it('has a suite per object, and a case per finding and per command that was tried', () => {
  const tests = [
    { object: 'orders', name: 'select', outcome: 'passed' as const, message: 'context tenant: 5 denied' },
    { object: '', name: 'proof', outcome: 'inconclusive' as const, message: 'no login' },
  ];
  const findings = [finding({ fix: 'ALTER …;' }), finding({ rule: 'weak', severity: 'warn', fails: false })];
  expect(renderJunit(report({ findings, tests }))).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tenantctl verify-tenancy" tests="4" failures="1" errors="1">
  <testsuite name="orders" tests="3" failures="1" errors="0" skipped="1">
    <testcase classname="orders" name="rls-disabled (&quot;public&quot;.&quot;orders&quot;)">
      <failure type="error" message="it is off">it is off
Fix:
ALTER …;
Key: rls-disabled:&quot;public&quot;.&quot;orders&quot;</failure>
    </testcase>
    <testcase classname="orders" name="weak (&quot;public&quot;.&quot;orders&quot;)">
      <skipped>warn: it is off</skipped>
    </testcase>
    <testcase classname="orders" name="select">
      <system-out>context tenant: 5 denied</system-out>
    </testcase>
  </testsuite>
  <testsuite name="database" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="database" name="proof">
      <error type="inconclusive" message="no login">no login</error>
    </testcase>
  </testsuite>
</testsuites>
`);
});

it('says of what was accepted why', () => {
  const accepted = { by: 'waiver' as const, reason: 'known' };
  expect(renderJunit(report({ findings: [finding({ fails: false, accepted })] }))).toContain(
    '<skipped>error: it is off (waiver: known)</skipped>',
  );
});

it('tells of a failure as one error', () => {
  expect(renderJunit(FAILED)).toContain(
    '<error type="UNREACHABLE" message="Cannot connect: 100 % &lt;gone&gt;.">start it</error>',
  );
});
