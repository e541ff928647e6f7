import { describe, expect, it } from 'vitest';
import type { Relation } from '../../src/catalog/snapshot.js';
import type { RelationClass } from '../../src/tenancy/model.js';
import type { Finding, Severity } from '../../src/verifier/finding.js';
import type { Omission, Proof } from '../../src/verifier/probe/proof/proof.js';
import {
  judgeDatabase,
  judgeGate,
  judgeRelation,
  type RelationEvidence,
  type RelationVerdict,
  type Verdict,
} from '../../src/verifier/verdict.js';

const DENIED: Proof = {
  ...{ command: 'select', form: 'by key', context: 'tenant', result: 'denied', by: 'policy' },
  statement: 'select',
};

interface Facts {
  undecided?: true;
  class?: RelationClass;
  proofs?: Proof[];
  omissions?: Omission[];
  touchable?: boolean;
  severity?: Severity;
  bypass?: string;
  unfinished?: boolean;
  probed?: boolean;
}

function evidence(facts: Facts): RelationEvidence {
  const relation = { oid: 1, schema: 'public', name: 'orders', kind: 'table' } as Relation;
  const { proofs = [DENIED], omissions = [], touchable = true, probed = true } = facts;
  const unfinished = { check: 'orphan-tenant-rows', schema: 'public', object: 'orders', why: 'too slow' };
  return {
    known: { relation, class: facts.class ?? 'tenant', tenantColumn: 'id', path: [], reason: 'why' },
    probe: probed ? { relation: 1, touchable, proofs, omissions } : undefined,
    findings: facts.severity ? [{ ...finding(facts.severity), undecided: facts.undecided }] : [],
    notFinished: facts.unfinished ? [unfinished] : [],
    bypass: facts.bypass,
  };
}

function finding(severity: Severity, waived = false): Finding {
  return {
    ...{
      key: 'k',
      check: 'c',
      severity,
      schema: 'public',
      object: 'orders',
      detail: 'd',
      evidence: 'catalog',
    },
    ...(waived && { waived: { reason: 'known' } }),
  };
}

const missing = (required: boolean): Omission => ({ what: 'w', reason: 'r', required });

const CASES: [name: string, facts: Facts, verdict: Verdict][] = [
  ['every crossing denied', {}, 'isolated'],
  [
    'a crossing without an answer',
    { proofs: [DENIED, { ...DENIED, result: 'failed', detail: 'x' }] },
    'inconclusive',
  ],
  ['no crossing at all', { proofs: [] }, 'inconclusive'],
  ['something required left out', { omissions: [missing(true)] }, 'inconclusive'],
  ['something optional left out', { omissions: [missing(false)] }, 'isolated'],
  ['an error', { severity: 'error' }, 'leaking'],
  ['a warning', { severity: 'warn' }, 'isolated'],
  ['an error and something left out', { severity: 'error', omissions: [missing(true)] }, 'leaking'],
  ['a role that bypasses', { bypass: 'app has BYPASSRLS', probed: false }, 'leaking'],
  [
    'a role that bypasses, on a shared relation',
    { bypass: 'app has BYPASSRLS', probed: false, class: 'shared' },
    'inconclusive',
  ],
  ['rows that could not be asked', { unfinished: true }, 'inconclusive'],
  ['no probe', { probed: false }, 'inconclusive'],
  ['something that nobody can tell by trying', { severity: 'warn', undecided: true }, 'inconclusive'],
  ['an error, and such a thing', { severity: 'error', undecided: true }, 'leaking'],
  ['no privilege', { touchable: false }, 'isolated'],
  ['nobody’s rows, in reach', { class: 'untenanted' }, 'inconclusive'],
  ['nobody’s rows, out of reach', { class: 'untenanted', touchable: false }, 'isolated'],
  ['bookkeeping', { class: 'internal', probed: false }, 'isolated'],
];

describe('the verdict on a relation', () => {
  it.each(CASES)('%s', (_, facts, verdict) => {
    expect(judgeRelation(evidence(facts)).verdict).toBe(verdict);
  });

  it('says why it is not isolated', () => {
    expect(judgeRelation(evidence({ omissions: [missing(true)] })).reason).toBe('w: r');
    expect(judgeRelation(evidence({ severity: 'error' })).reason).toBe('c');
    expect(judgeRelation(evidence({})).reason).toBeUndefined();
    expect(judgeRelation(evidence({ severity: 'warn', undecided: true })).reason).toBe('c: d');
  });
});

describe('the database and the gate', () => {
  const relations = (...verdicts: Verdict[]) => verdicts.map((verdict) => ({ verdict }) as RelationVerdict);

  it('leaking outweighs inconclusive, which outweighs isolated', () => {
    expect(judgeDatabase(relations('isolated', 'leaking', 'inconclusive'), [], ['x'])).toBe('leaking');
    expect(judgeDatabase(relations('isolated', 'inconclusive'), [], [])).toBe('inconclusive');
    expect(judgeDatabase(relations('isolated'), [], ['no login'])).toBe('inconclusive');
    expect(judgeDatabase(relations('isolated'), [finding('error')], [])).toBe('leaking');
    expect(judgeDatabase(relations('isolated'), [finding('warn')], [])).toBe('isolated');
  });

  it('a waiver opens the gate, and changes no verdict', () => {
    const waived = [finding('error', true)];
    expect(judgeDatabase(relations('leaking'), waived, [])).toBe('leaking');
    expect(judgeGate(relations('leaking'), waived, [])).toBe('ok');
    expect(judgeGate(relations('leaking', 'inconclusive'), waived, [])).toBe('inconclusive');
    expect(judgeGate(relations('leaking'), [...waived, finding('error')], [])).toBe('gate');
  });

  it('what was not proven is not passed', () => {
    expect(judgeGate(relations('isolated'), [], ['no login'])).toBe('inconclusive');
    expect(judgeGate(relations('isolated'), [finding('warn')], [])).toBe('ok');
  });
});
