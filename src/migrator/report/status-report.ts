import type { ServerInfo, Target } from '../../postgres/server.js';
import type { Block, Cell, Report, Span, Tone } from '../../report/report.js';
import { describeTarget } from '../../report/target.js';
import type { PartWay, Recorded, StatusResult } from '../status.js';
import { driftBlocks } from './drift-report.js';

/**
 * Draws where the database stands.
 *
 * @param exitCode what `--check` makes of it
 */
export function statusReport(target: Target, result: StatusResult, exitCode: number): Report {
  const { server, applied, pending, late, missing, retired, changed, partWay } = result;
  const recorded = (list: readonly Recorded[], name: State) =>
    list.map((each): Cell[] => [each.name, state(name), String(each.batch)]);
  const rows: Cell[][] = [
    ...recorded(applied, 'applied'),
    ...recorded(changed, 'edited'),
    ...recorded(missing, 'missing'),
    ...recorded(retired, 'retired'),
    ...partWay.map(({ name, batch, direction }) => [name, state(`part way ${direction}`), String(batch)]),
    ...pending.map((name) => [name, state(late.includes(name) ? 'late' : 'pending'), '']),
  ];
  const last = applied.at(-1);
  const counts = [
    last ? `${applied.length} applied (the last in batch ${last.batch}${on(last.appliedAt)})` : '0 applied',
    `${pending.length} pending`,
    ...(changed.length > 0 ? [`${changed.length} edited since`] : []),
    ...(missing.length > 0 ? [`${missing.length} missing as a file`] : []),
    ...(partWay.length > 0 ? [`${partWay.length} part way`] : []),
  ];
  return {
    document: { version: 1, command: 'status', target, exitCode, ...result },
    blocks: [
      line({ text: 'Database: ', tone: 'strong' }, describeTarget(target)),
      line({ text: 'Server: ', tone: 'strong' }, describeServer(server)),
      ...(rows.length === 0 ? [] : [table(rows)]),
      line(`${counts.join(', ')}.`),
      ...warnings(result).map((text) => line(warning, text)),
      ...driftBlocks(result),
    ],
  };
}

function describePartWay({ name, direction, finished, next }: PartWay): string {
  const statement = next === null ? '' : ` with ${next.trim().replaceAll(/\s+/g, ' ').slice(0, 120)}`;
  const command = direction === 'up' ? 'migrate' : 'rollback';
  return `${name} was begun and not finished: \`tenantctl ${command}\` goes on${statement}; statements that are finished: ${finished}.`;
}

/** What keeps `migrate` from going on as if nothing were. */
function warnings(result: StatusResult): string[] {
  const { late, missing, changed, ambiguous, partWay, knexLocked } = result;
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).join(', ');
  return [
    ...partWay.map(describePartWay),
    ...ambiguous.map(
      ({ name, paths }) => `migrate refuses: files share the name ${name}: ${paths.join(', ')}.`,
    ),
    ...(changed.length > 0
      ? [
          `migrate refuses: edited after they had been applied: ${names(changed)}. Restore, or \`migrate repair\`.`,
        ]
      : []),
    ...(missing.length > 0 ? ['migrate refuses while applied files are missing.'] : []),
    ...(late.length > 0
      ? [
          `migrate refuses: pending, and before one that is applied: ${late.join(', ')}. Rename, or --order allow.`,
        ]
      : []),
    ...(knexLocked ? ["knex's own lock is set: its CLI or a tenantctl is at work, or was killed."] : []),
  ];
}

const warning: Span = { text: 'Warning: ', tone: 'warn' };

const TONES = {
  applied: 'good',
  edited: 'bad',
  missing: 'bad',
  retired: 'muted',
  pending: 'warn',
  late: 'bad',
} as const satisfies Record<string, Tone>;

type State = keyof typeof TONES;

function state(name: State | `part way ${string}`): Span {
  return { text: name, tone: name in TONES ? TONES[name as State] : 'bad' };
}

function describeServer({ version, role, superuser, bypassRls, tls }: ServerInfo): string {
  const power = superuser ? ', a superuser' : bypassRls ? ', which bypasses row level security' : '';
  const transport = tls.protocol === undefined ? 'not encrypted' : tls.protocol;
  return `PostgreSQL ${version}, as ${role}${power}; sslmode=${tls.mode}, ${transport}`;
}

/** UTC, to the second. */
function on(time: Date | null): string {
  return time === null ? '' : ` on ${time.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

function table(rows: Cell[][]): Block {
  return { kind: 'table', head: ['migration', 'state', 'batch'], rows };
}

function line(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}
