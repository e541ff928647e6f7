import type { Target } from '../../postgres/server.js';
import type { Block, Cell, Report, Tone } from '../../report/report.js';
import { describeTarget } from '../../report/target.js';
import { displayObject } from '../report/report-findings.js';
import type { SelfTestResult } from './self-test.js';
import type { Trial } from './trial.js';

const TONES: Record<SelfTestResult['outcome'], Tone> = { ok: 'good', gate: 'bad', inconclusive: 'warn' };

/** What it took to make the schema, besides the migrations. */
export interface Preparation {
  /** The tenant that rows without one were given between them. */
  backfilled: string | undefined;
  /** The seeds were run: without them there were no two tenants. */
  seeded: boolean;
}

export interface SelfTestReportOptions {
  preparation: Preparation;
  verbose?: boolean | undefined;
}

/** Draws what the self-test came to. */
export function selfTestReport(
  target: Target,
  result: SelfTestResult,
  exitCode: number,
  options: SelfTestReportOptions,
): Report {
  const { unplanted, ground, reason, trials } = result;
  const { schema, name } = ground?.table ?? {};
  return {
    document: {
      ...{ version: 1, command: 'verify-tenancy', target, exitCode },
      selfTest: {
        unplanted: unplanted.verdict,
        table: ground ? { schema, name } : null,
        reason: reason ?? null,
        backfilled: options.preparation.backfilled ?? null,
        seeded: options.preparation.seeded,
        summary: {
          caught: withOutcome(trials, 'caught').length,
          missed: withOutcome(trials, 'missed').length,
          failed: withOutcome(trials, 'failed').length,
          notApplicable: withOutcome(trials, 'not applicable').length,
        },
        trials: trials.map(({ plant, object, outcome, caughtBy, reason: why }) => ({
          ...{ classes: plant.classes, title: plant.title, object, outcome, caughtBy, reason: why ?? null },
        })),
      },
    },
    blocks: draw(target, result, options),
  };
}

function withOutcome(trials: readonly Trial[], outcome: Trial['outcome']): Trial[] {
  return trials.filter((trial) => trial.outcome === outcome);
}

/** How many, then what was not caught, then what was. */
function draw(
  target: Target,
  result: SelfTestResult,
  { preparation: { backfilled, seeded }, verbose = false }: SelfTestReportOptions,
): Block[] {
  const { unplanted, ground, reason, trials, outcome } = result;
  const tone = TONES[outcome];
  const [caught, notApplicable] = [withOutcome(trials, 'caught'), withOutcome(trials, 'not applicable')];
  if (!ground) {
    return [
      line({ text: 'no self-test', tone }, `: ${describeTarget(target)}`),
      line({ text: 'Why: ', tone: 'strong' }, `${reason}.`),
      line(
        { text: 'Try: ', tone: 'strong' },
        'tenantctl verify-tenancy, which names what is wrong with the schema',
      ),
    ];
  }
  const planted = trials.length - notApplicable.length;
  const where = target.embedded
    ? 'an embedded server'
    : `${target.host}:${target.port} (from ${target.source})`;
  const others = unplanted.findings.length;
  return [
    line({ text: `${caught.length} of ${planted} planted faults caught`, tone }),
    line(`Planted on ${displayObject(ground.table.schema, ground.table.name)} and beside it, one at a time.`),
    line({
      text: `In a scratch database of PostgreSQL ${unplanted.server.version} on ${where}.`,
      tone: 'muted',
    }),
    ...(backfilled === undefined
      ? []
      : [line(`A migration waits for backfill-tenant; rows without a tenant were given to ${backfilled}.`)]),
    ...(seeded ? [wrapped('The seeds were run: without them there are no two tenants.')] : []),
    ...(unplanted.verdict === 'isolated'
      ? []
      : [
          line(
            `Without any of them the schema is ${unplanted.verdict} (${others} findings); those do not count.`,
          ),
        ]),
    ...drawTable(
      'Missed',
      ['class', 'fault', 'planted on'],
      withOutcome(trials, 'missed'),
      ({ object }) => object,
    ),
    ...drawTable('Could not be tried', ['class', 'fault', 'because'], withOutcome(trials, 'failed'), because),
    ...drawTable('Not for this schema or server', ['class', 'fault', 'because'], notApplicable, because),
    {
      kind: 'details',
      title: 'Caught',
      open: verbose,
      blocks: caught.length > 0 ? [tableOf(['class', 'fault', 'by'], caught, by)] : [],
    },
  ];
}

const because = ({ reason = '' }: Trial): string => reason;

/** What the plant is meant to show by, as far as it did; else whatever named it. */
function by({ plant, caughtBy }: Trial): string {
  const meant = [plant.seen?.check, plant.crossed?.check].filter((id) => id && caughtBy.includes(id));
  return (meant.length > 0 ? meant : caughtBy.slice(0, 2)).join(', ');
}

function drawTable(
  title: string,
  head: string[],
  trials: readonly Trial[],
  last: (trial: Trial) => string,
): Block[] {
  return trials.length === 0 ? [] : [{ kind: 'heading', text: title }, tableOf(head, trials, last)];
}

function tableOf(head: string[], trials: readonly Trial[], last: (trial: Trial) => string): Block {
  return {
    kind: 'table',
    head,
    rows: trials.map((trial): Cell[] => [trial.plant.classes.join(', '), trial.plant.title, last(trial)]),
  };
}

function line(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}

/** Broken at the terminal's width. */
function wrapped(...spans: Cell[]): Block {
  return { kind: 'text', spans, indent: 0 };
}
