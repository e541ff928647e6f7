/**
 * node-postgres, loaded where the first connection is made. Without a navigator, before Node 21, it makes a fetch Response
 * to find out whether it is in a Cloudflare Worker, and Node loads all of fetch for it: a tenth of the start-up.
 */
export async function loadDriver() {
  if (!('navigator' in globalThis)) {
    const userAgent = `Node.js/${process.versions.node.split('.')[0]}`;
    Object.defineProperty(globalThis, 'navigator', { value: { userAgent }, configurable: true });
  }
  return (await import('pg')).default;
}
