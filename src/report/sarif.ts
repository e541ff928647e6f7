import { createHash } from 'node:crypto';
import type { Log, Notification, ReportingDescriptor, Result } from 'sarif';
import { VERSION } from '../version.js';
import { adviceOf, type Findings, type ReportedFinding, type Rule, type Severity } from './findings.js';
import type { Report } from './report.js';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

const LEVELS = { error: 'error', warn: 'warning', info: 'note' } as const;
/** GitHub's bands: from 7.0 on it is high, from 4.0 medium, below low. */
const SECURITY_SEVERITY: Record<Severity, string> = { error: '8.0', warn: '5.0', info: '2.0' };

/**
 * A SARIF 2.1.0 log, for GitHub's code scanning and other collectors of findings. What is waived or in the baseline is
 * there, marked as suppressed; what could not be verified is a notification.
 */
export function renderSarif(report: Report): string {
  const { rules = [], findings = [], tests = [], place = '' } = report.findings ?? {};
  const used = rules.filter(({ id }) => findings.some(({ rule }) => rule === id));
  const log: Log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tenantctl', version: VERSION, rules: used.map(ruleOf) } },
        // What stands before the last slash is the category, by which GitHub tells analyses of one commit apart.
        automationDetails: { id: `tenantctl/${report.document.command}/` },
        columnKind: 'unicodeCodePoints',
        invocations: [
          {
            executionSuccessful: report.document.error === undefined,
            exitCode: report.document.exitCode,
            toolExecutionNotifications: [...failures(report), ...tests.flatMap(notification)],
          },
        ],
        results: findings.map((finding) => resultOf(finding, used, place)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf({ id, family, title, severity, explanation }: Rule): ReportingDescriptor {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: explanation },
    help: { text: `${explanation}\n\nMore: tenantctl checks ${id}` },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: ['security', family],
      precision: 'very-high',
      'security-severity': SECURITY_SEVERITY[severity],
    },
  };
}

function resultOf(finding: ReportedFinding, rules: readonly Rule[], place: string): Result {
  const { key, rule, severity, object, message, accepted } = finding;
  const fact = object === '' ? message : `${object}: ${message}`;
  const index = rules.findIndex(({ id }) => id === rule);
  return {
    ruleId: rule,
    ...(index >= 0 && { ruleIndex: index }),
    level: LEVELS[severity],
    message: { text: [fact, ...adviceOf(finding)].join('\n\n') },
    locations: [
      {
        // GitHub shows no alert without a file and a line.
        physicalLocation: {
          artifactLocation: { uri: uriOf(finding.file ?? place), uriBaseId: '%SRCROOT%' },
          region: { startLine: finding.line ?? 1 },
        },
        ...(object !== '' && { logicalLocations: [{ fullyQualifiedName: object }] }),
      },
    ],
    partialFingerprints: {
      'findingKey/v1': key,
      // The only one that GitHub looks at; left out, it would be made of the line, which many findings share.
      primaryLocationLineHash: createHash('sha256').update(key).digest('hex').slice(0, 32),
    },
    ...(accepted && {
      suppressions: [{ kind: 'external', status: 'accepted', justification: accepted.reason }],
    }),
  };
}

function uriOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}

function failures({ document: { error } }: Report): Notification[] {
  return error ? [{ level: 'error', descriptor: { id: error.code }, message: { text: error.message } }] : [];
}

function notification({ object, name, outcome, message }: Findings['tests'][number]): Notification[] {
  if (outcome === 'passed') return [];
  const text = [object, name, message].filter((part) => part !== undefined && part !== '').join(': ');
  return [{ level: outcome === 'inconclusive' ? 'error' : 'note', message: { text } }];
}
