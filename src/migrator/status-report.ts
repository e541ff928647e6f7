import type { ServerInfo, Target } from '../postgres/server.js';
import type { Block, Cell, Report, Span } from '../report/report.js';
import { describeTarget } from '../report/target.js';
import type { StatusResult } from './status.js';

/**
 * Draws where the database stands.
 *
 * @param exitCode what `--check` makes of it
 */
export function statusReport(target: Target, result: StatusResult, exitCode: number): Report {
  const { server, applied, pending, missing, partWay, knexLocked } = result;
  const rows: Cell[][] = [
    ...applied.map(({ name, batch }) => [name, state('applied'), String(batch)]),
    ...missing.map(({ name, batch }) => [name, state('missing'), String(batch)]),
    ...partWay.map(({ name, batch, direction }) => [name, state(`part way ${direction}`), String(batch)]),
    ...pending.map((name) => [name, state('pending'), '']),
  ];
  const last = applied.at(-1);
  const counts = [
    last ? `${applied.length} applied (the last in batch ${last.batch}${on(last.appliedAt)})` : '0 applied',
    `${pending.length} pending`,
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
      ...partWay.map(({ name }) =>
        line(
          warning,
          `${name} was begun and not finished: \`tenantctl migrate\` runs it again from its start.`,
        ),
      ),
      ...(missing.length > 0 ? [line(warning, 'migrate refuses while applied files are missing.')] : []),
      ...(knexLocked ? [line(warning, "knex's own lock is set: its CLI is at work, or was killed.")] : []),
    ],
  };
}

const warning: Span = { text: 'Warning: ', tone: 'warn' };

const TONES = { applied: 'good', pending: 'warn', missing: 'bad' } as const;

function state(name: keyof typeof TONES | `part way ${string}`): Span {
  return { text: name, tone: name in TONES ? TONES[name as keyof typeof TONES] : 'bad' };
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
