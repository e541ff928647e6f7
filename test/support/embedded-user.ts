import { acquireEmbeddedServer } from '../../src/postgres/embedded/index.js';

/** A process that uses the embedded server of the directory in its argv until its stdin ends. */
const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: embedded-user <directory>');
const server = await acquireEmbeddedServer({ directory });
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);
for await (const _ of process.stdin);
await server.release();
