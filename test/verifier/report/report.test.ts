import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/postgres/server.js';
import type { Block } from '../../../src/report/report.js';
import type { Finding } from '../../../src/verifier/finding.js';
import { tally } from '../../../src/verifier/probe/proof/proof.js';
import { verifyReport } from '../../../src/verifier/report/report.js';
import { EVERY_CHECK } from '../../../src/verifier/selection.js';
import type { RelationVerdict, Verdict } from '../../../src/verifier/verdict.js';
import type { VerifyResult } from '../../../src/verifier/verify-result.js';

const TARGET: Target = {
  ...{ host: 'db', port: 5432, database: 'shop', user: 'auditor', source: 'DATABASE_URL', embedded: false },
};

const PLACES = { configuration: 'tenantctl.config.ts', script: () => undefined };

function relation(name: string, verdict: Verdict, reason?: string): RelationVerdict {
  const tried = { probes: tally([]), coverage: [], policies: [] };
  return { schema: 'public', name, kind: 'table', class: 'tenant', verdict, ...tried, reason };
}

function finding(object: string, check: string, changes: Partial<Finding> = {}): Finding {
  const key = `${check}:"public"."${object}"`;
  return {
    key,
    check,
    severity: 'error',
    schema: 'public',
    object,
    detail: `${check}.`,
    evidence: 'catalog',
    ...changes,
  };
}

function result(changes: Partial<VerifyResult>): VerifyResult {
  return {
    ...{ verdict: 'isolated', outcome: 'ok', isolation: 'rls', appRole: 'app' },
    ...{ findings: [], relations: [], functions: [], lacking: [], notTried: [] },
    server: { version: '15.18', advisories: [] },
    ...{ selection: EVERY_CHECK, readOnly: false, failOn: 'error', baseline: undefined, checks: [] },
    ...changes,
  };
}

const textOf = (block: Block): string => {
  if (block.kind === 'text')
    return block.spans.map((span) => (typeof span === 'string' ? span : span.text)).join('');
  if (block.kind === 'details') return block.title;
  return block.kind === 'table' ? block.rows.map((row) => String(row[0])).join(' ') : block.text;
};

const lines = (changes: Partial<VerifyResult>) =>
  verifyReport(TARGET, result(changes), 0, { places: PLACES }).blocks.map(textOf);

describe('for people', () => {
  it('says what helps against several once, and what is the same for many once', () => {
    const lacking = ['a', 'b'].map((reason) => ({ reason, remedy: 'mend it' }));
    const relations = ['x', 'y', 'z'].map((name) => ({ ...relation(name, 'inconclusive'), reason: 'a' }));
    const shown = verifyReport(TARGET, result({ lacking, relations }), 0, { places: PLACES }).blocks;
    expect(shown.map(textOf).filter((text) => /^(Why|Try): /.test(text))).toEqual([
      'Why: a.',
      'Why: b.',
      'Try: mend it',
    ]);
    const rows = (blocks: Block[]) => blocks.flatMap((block) => (block.kind === 'table' ? block.rows : []));
    expect(rows(shown).map((row) => row.at(-1))).toEqual(['', '', '']);
    const few = result({ lacking, relations: relations.slice(1) });
    const [first] = rows(verifyReport(TARGET, few, 0, { places: PLACES }).blocks);
    expect(first?.at(-1)).toBe('a');
  });

  it('says what can be done about findings, and with --verbose their keys', () => {
    const findings = [finding('orders', 'rls-disabled', { fix: 'ALTER TABLE orders …' })];
    expect(lines({ findings })).toEqual(
      expect.arrayContaining([
        'What to do',
        expect.stringMatching(/^--fix FILE writes/),
        expect.stringMatching(/--baseline FILE/),
      ]),
    );
    expect(lines({ findings: [finding('orders', 'rls-disabled')] })).not.toContainEqual(
      expect.stringMatching(/^--fix FILE/),
    );
    expect(lines({ findings: [finding('orders', 'x', { severity: 'info' })] })).not.toContain('What to do');
    const key = 'Key: rls-disabled:"public"."orders"';
    expect(lines({ findings })).not.toContain(key);
    const verbose = verifyReport(TARGET, result({ findings }), 0, { places: PLACES, verbose: true });
    expect(verbose.blocks.map(textOf)).toContain(key);
  });

  it('shows the worst relations first, and names bookkeeping', () => {
    const relations = [
      { ...relation('a', 'isolated'), class: 'internal' as const },
      relation('b', 'isolated'),
      relation('c', 'leaking'),
      relation('d', 'inconclusive'),
    ];
    expect(lines({ relations })).toEqual(expect.arrayContaining(['c d b', 'Bookkeeping of tools: a.']));
  });

  it('groups findings by object, the cause before what was tried', () => {
    const findings = [
      finding('orders', 'probe-select-crosses', { evidence: 'probe', statement: 'select from orders' }),
      finding('orders', 'rls-disabled', { fix: 'ALTER TABLE orders …' }),
      finding('items', 'rls-not-forced', { severity: 'warn' }),
      finding('', 'context-default', { schema: '' }),
    ];
    const texts = lines({ findings });
    const order = [
      'orders',
      'error rls-disabled',
      'ALTER TABLE orders …',
      'error probe-select-crosses',
      'select from orders',
      'items',
      'warn rls-not-forced',
      'database',
    ];
    expect(texts.filter((text) => order.includes(text))).toEqual(order);
  });

  it('says once what was left out of many relations', () => {
    const omitted = { schema: 'public', what: 'TRUNCATE', reason: 'a lock', required: false };
    const notTried = [
      { ...omitted, object: 'a' },
      { ...omitted, object: 'b' },
    ];
    expect(lines({ notTried })).toContain('a, b: TRUNCATE: a lock.');
  });

  it('shows the known weaknesses of the server, and waivers with their end', () => {
    const advisories = [{ id: 'CVE-1', what: 'rows pass', fixedIn: '15.20' }];
    const waived = finding('orders', 'rls-disabled', { waived: { reason: 'old', until: '2030-01-31' } });
    const texts = lines({ server: { version: '15.18', advisories }, findings: [waived] });
    expect(texts).toContain('CVE-1: rows pass; fixed in 15.20.');
    expect(texts).toContain('rls-disabled:"public"."orders": old (until 2030-01-31)');
    expect(texts).toContain('Audit: 0 errors, 0 warnings, 1 waived. No crossing was tried.');
  });
});

it('for machines every field is there, also where it is empty', () => {
  const { document } = verifyReport(
    TARGET,
    result({
      verdict: 'leaking',
      findings: [finding('orders', 'rls-disabled')],
      relations: [relation('orders', 'leaking')],
    }),
    3,
    { places: PLACES },
  );
  expect(document).toMatchObject({
    ...{
      version: 1,
      command: 'verify-tenancy',
      target: TARGET,
      exitCode: 3,
      verdict: 'leaking',
      appRole: 'app',
    },
    summary: { relations: { leaking: 1 }, findings: { error: 1, waived: 0 }, probes: { denied: 0 } },
    findings: [{ column: null, fix: null, remedy: null, statement: null, waived: null }],
    relations: [{ name: 'orders', reason: null }],
  });
});
