export type Row = Record<string, string | number | boolean | null>;

const AT = '2024-03-01T02:00:00Z';
const DAY = '2024-03-01';

/**
 * The rows of one business in each of the product's 32 tables; tenants are not their matter.
 *
 * @param prefix begins every id: ids are told apart by it where two businesses meet in one table
 * @param stores how many
 * @returns tables with their rows, parents first
 */
export function productRows(prefix: string, stores: number): [table: string, rows: Row[]][] {
  const id = (kind: string, ...numbers: number[]) => [prefix, kind, ...numbers].join('_');
  const each = numbers(stores);
  const perStore = (make: (store_id: string, n: number) => Row[]) =>
    each.flatMap((n) => make(id('store', n), n));
  return [
    ['stores', each.map((n) => ({ id: id('store', n), code: id('code', n), name: `Store ${n}` }))],
    ...sharedByStores(id),
    ...machines(id, perStore),
    ...backups(id, perStore),
    ...restores(id, perStore),
  ];
}

type Id = (kind: string, ...numbers: number[]) => string;
type PerStore = (make: (store_id: string, n: number) => Row[]) => Row[];

const RUNS = 10;
const FILES = 3;

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function sharedByStores(id: Id): [string, Row[]][] {
  const user_id = id('user', 1);
  const destination_id = id('destination', 1);
  return [
    ['users', [{ id: user_id, email: `${user_id}@example.com`, full_name: 'Olga Owner', role: 'owner' }]],
    ['user_sessions', [{ id: id('session', 1), user_id, token_sha256: id('token'), expires_at: AT }]],
    ['api_keys', [{ id: id('key', 1), user_id, name: 'agent', key_sha256: id('hash') }]],
    ['settings', [{ id: id('setting', 1), name: id('parallel_jobs'), value: '4' }]],
    ['destinations', [{ id: destination_id, name: id('vault'), kind: 's3', endpoint: 's3.example.com' }]],
    [
      'destination_credentials',
      [{ id: id('credential', 1), destination_id, access_key_id: 'AK', secret_reference: 'vault/1' }],
    ],
    ['encryption_keys', [{ id: id('encryption', 1), fingerprint: id('fingerprint'), retired_at: null }]],
    ['retention_rules', [{ id: id('retention', 1), name: id('standard'), keep_daily: 14, keep_monthly: 12 }]],
    ['alert_rules', [{ id: id('rule', 1), name: id('failed'), condition: '{"state": "failed"}' }]],
    ['notification_channels', [{ id: id('channel', 1), kind: 'email', address: `${id('ops')}@example.com` }]],
    [
      'backup_policies',
      [
        {
          ...{ id: id('policy', 1), name: id('nightly'), destination_id },
          ...{ retention_rule_id: id('retention', 1), encryption_key_id: id('encryption', 1) },
        },
      ],
    ],
  ];
}

function machines(id: Id, perStore: PerStore): [string, Row[]][] {
  const device = (n: number) => id('device', n);
  return [
    [
      'devices',
      perStore((store_id, n) => [{ id: device(n), store_id, hostname: 'till-1', platform: 'linux' }]),
    ],
    [
      'device_agents',
      perStore((store_id, n) => [{ id: id('agent', n), store_id, device_id: device(n), version: '2.4.0' }]),
    ],
    [
      'device_volumes',
      perStore((store_id, n) => [
        { id: id('volume', n), store_id, device_id: device(n), mount_point: '/srv', size_bytes: 1_000_000 },
      ]),
    ],
    [
      'maintenance_windows',
      perStore((store_id, n) => [
        { id: id('window', n), store_id, starts_at: AT, ends_at: '2024-03-01T04:00:00Z' },
      ]),
    ],
    [
      'audit_events',
      perStore((store_id, n) => [
        { id: id('event', n, 1), store_id, user_id: id('user', 1), action: 'login' },
        { id: id('event', n, 2), store_id, user_id: null, action: 'agent.update' },
      ]),
    ],
    [
      'usage_records',
      perStore((store_id, n) => [{ id: id('usage', n), store_id, day: DAY, stored_bytes: 6000 }]),
    ],
  ];
}

function backups(id: Id, perStore: PerStore): [string, Row[]][] {
  const perRun = (make: (store_id: string, ...at: [n: number, run: number]) => Row[]) =>
    perStore((store_id, n) => numbers(RUNS).flatMap((run) => make(store_id, n, run)));
  return [
    [
      'backup_schedules',
      perStore((store_id, n) => [
        { id: id('schedule', n), store_id, policy_id: id('policy', 1), cron: '0 2 * * *' },
      ]),
    ],
    [
      'backup_jobs',
      perStore((store_id, n) => {
        const common = { store_id, device_id: id('device', n), policy_id: id('policy', 1) };
        return [
          { id: id('job', n, 1), ...common, schedule_id: id('schedule', n), name: 'nightly' },
          { id: id('job', n, 2), ...common, schedule_id: null, name: 'by hand' },
        ];
      }),
    ],
    [
      'backup_runs',
      perRun((store_id, n, run) => [
        {
          ...{ id: id('run', n, run), store_id, job_id: id('job', n, 1) },
          ...{ state: run === RUNS ? 'failed' : 'succeeded', started_at: AT, finished_at: AT },
        },
      ]),
    ],
    [
      'backup_errors',
      perStore((store_id, n) => [
        { id: id('error', n), store_id, run_id: id('run', n, RUNS), path: '/srv/lock', message: 'busy' },
      ]),
    ],
    [
      'backup_manifests',
      perRun((store_id, n, run) => [
        {
          id: id('manifest', n, run),
          store_id,
          run_id: id('run', n, run),
          files: FILES,
          size_bytes: 200 * FILES,
        },
      ]),
    ],
    [
      'manifest_entries',
      perRun((store_id, n, run) =>
        numbers(FILES).map((file) => ({
          ...{ id: id('entry', n, run, file), store_id, manifest_id: id('manifest', n, run) },
          ...{ path: `/srv/${file}`, size_bytes: 200, sha256: `${file}`.repeat(64) },
        })),
      ),
    ],
    [
      'destination_objects',
      perRun((store_id, n, run) => [
        {
          ...{ id: id('object', n, run), store_id, manifest_id: id('manifest', n, run) },
          ...{ destination_id: id('destination', 1), object_key: id('blob', n, run) },
        },
      ]),
    ],
  ];
}

function restores(id: Id, perStore: PerStore): [string, Row[]][] {
  const manifest = (n: number) => id('manifest', n, 1);
  return [
    [
      'restore_jobs',
      perStore((store_id, n) => [
        {
          ...{ id: id('restore', n), store_id, device_id: id('device', n), manifest_id: manifest(n) },
          ...{ user_id: id('user', 1), state: 'succeeded' },
        },
      ]),
    ],
    [
      'restore_items',
      perStore((store_id, n) => [
        { id: id('item', n), store_id, restore_job_id: id('restore', n), entry_id: id('entry', n, 1, 1) },
      ]),
    ],
    [
      'verification_runs',
      perStore((store_id, n) => [
        { id: id('verification', n), store_id, manifest_id: manifest(n), intact: false },
      ]),
    ],
    [
      'integrity_findings',
      perStore((store_id, n) => {
        const verification_run_id = id('verification', n);
        return [
          {
            id: id('finding', n, 1),
            store_id,
            verification_run_id,
            object_id: id('object', n, 1),
            problem: 'short',
          },
          { id: id('finding', n, 2), store_id, verification_run_id, object_id: null, problem: 'clock skew' },
        ];
      }),
    ],
    [
      'retention_holds',
      perStore((store_id, n) => [
        { id: id('hold', n), store_id, manifest_id: manifest(n), user_id: id('user', 1), reason: 'audit' },
      ]),
    ],
    [
      'alerts',
      perStore((store_id, n) => [
        { id: id('alert', n, 1), store_id, rule_id: id('rule', 1), run_id: id('run', n, RUNS) },
        { id: id('alert', n, 2), store_id, rule_id: id('rule', 1), run_id: null },
      ]),
    ],
    [
      'notifications',
      perStore((store_id, n) => [
        { id: id('notification', n), store_id, alert_id: id('alert', n, 1), channel_id: id('channel', 1) },
      ]),
    ],
  ];
}
