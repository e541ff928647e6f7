import { createServer, connect as dial, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** When a run is struck: around its nth message to the server. */
export interface Moment {
  message: number;
  at: 'before it is sent' | 'after it is sent' | 'before its answer arrives';
  /** So much later, for statements that take their time. */
  ms: number;
}

/** What lies between a client and the server. */
export interface Wire {
  /** The same database, by way of the proxy. */
  url(direct: string): string;
  /** Counts messages anew, and calls `strike` once at that moment, holding back what the moment is about. */
  arm(moment: Moment | undefined, strike?: () => void): void;
  /** What clients have sent since then, one after another. */
  sent(): readonly string[];
  /** Cuts every connection. The server hears of it so much later: a network does not always say goodbye. */
  drop(lingerMs: number): void;
  close(): Promise<void>;
}

/** Opens a proxy in front of the server. */
export async function openWire(server: string): Promise<Wire> {
  const { hostname, port } = new URL(server);
  const pairs = new Set<{ client: Socket; upstream: Socket }>();
  let sent: string[] = [];
  let armed: { moment: Moment; strike: () => void } | undefined;

  /** Strikes where it is time to, while nothing more comes from that side. */
  const reach = async (place: Moment['at'], from: Socket) => {
    const hit = armed;
    if (hit?.moment.at !== place || sent.length < hit.moment.message) return;
    armed = undefined;
    from.pause();
    if (hit.moment.ms > 0) await sleep(hit.moment.ms);
    hit.strike();
    from.resume();
  };
  const write = (socket: Socket, chunk: Buffer) => {
    if (socket.writable) socket.write(chunk);
  };

  const listener = createServer((client) => {
    const upstream = dial(Number(port), hostname);
    const pair = { client, upstream };
    pairs.add(pair);
    for (const socket of [client, upstream]) socket.setNoDelay(true).on('error', () => undefined);
    client.on('data', async (chunk) => {
      sent.push(chunk.toString('latin1'));
      await reach('before it is sent', client);
      write(upstream, chunk);
      await reach('after it is sent', client);
    });
    upstream.on('data', async (chunk) => {
      await reach('before its answer arrives', upstream);
      write(client, chunk);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      client.destroy();
      pairs.delete(pair);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const ownPort = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: (direct) => Object.assign(new URL(direct), { port: String(ownPort) }).href,
    arm: (moment, strike = () => undefined) => {
      sent = [];
      armed = moment && { moment, strike };
    },
    sent: () => sent,
    drop: (lingerMs) => {
      for (const { client, upstream } of pairs) {
        client.removeAllListeners('close').destroy();
        setTimeout(() => upstream.destroy(), lingerMs);
      }
    },
    close: async () => {
      for (const { client, upstream } of pairs) {
        client.destroy();
        upstream.destroy();
      }
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
