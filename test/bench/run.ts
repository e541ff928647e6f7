import { startClusters } from '../support/clusters.js';
import { nativeOfPeers } from '../support/pg-dump.js';

/** `npm run bench [-- NAME…]`: each compares tenantctl with a peer, in the same run and on the same server. */
const BENCHES: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  migrate: () => import('./migrate.js'),
  verify: () => import('./verify.js'),
};

/** Prints what it found; `server` is a superuser's URL of a server of its own. */
export type Bench = (server: string) => Promise<void>;

const given = process.argv.slice(2);
const unknown = given.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
// A peer that belongs to a server, such as pg_dump, cannot talk to a newer one than its own.
const native = await nativeOfPeers();
// With PostgreSQL's own settings: what a commit costs is part of the figures. Save the room for locks, of which pg_dump, too,
// takes one for each table.
const servers = await startClusters(1, { native, settings: { max_locks_per_transaction: '1024' } });
try {
  for (const [name, load] of Object.entries(BENCHES)) {
    if (given.length > 0 && !given.includes(name)) continue;
    const { bench } = await load();
    process.stdout.write(`\n${name}\n`);
    for (const server of servers.urls) await bench(server);
  }
} finally {
  await servers.stop();
}
