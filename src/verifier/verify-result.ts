import type { TenancyConfig } from '../tenancy/config.js';
import type { Baseline } from './baseline.js';
import type { CheckInfo } from './check.js';
import type { FailOn, Finding } from './finding.js';
import type { Lacking } from './lacking.js';
import type { FunctionVerdict } from './probe/functions/function-findings.js';
import type { CheckSelection } from './selection.js';
import type { Advisory } from './server-cves.js';
import type { NotTried, RelationVerdict, Verdict } from './verdict.js';

/** What a verification has found; the fields of its JSON document come from it. */
export interface VerifyResult {
  verdict: Verdict;
  /** What the gate says: `gate` for open errors. */
  outcome: 'ok' | 'gate' | 'inconclusive';
  /** Who keeps tenants apart: row level security, or the application by itself. */
  isolation: TenancyConfig['isolation'];
  /** The role that was judged. */
  appRole: string | undefined;
  /** Worst first. */
  findings: Finding[];
  relations: RelationVerdict[];
  /** Those that the probe called. */
  functions: FunctionVerdict[];
  lacking: Lacking[];
  notTried: NotTried[];
  server: { version: string; advisories: Advisory[] };
  selection: CheckSelection;
  /** The probe wrote nothing. */
  readOnly: boolean;
  failOn: FailOn;
  /** What is accepted now, and the keys of what is found no more. */
  baseline: { entries: Baseline; gone: string[] } | undefined;
  /** Every check that a finding can come from. */
  checks: CheckInfo[];
}
