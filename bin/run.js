#!/usr/bin/env node
import module from 'node:module';
import { userInfo } from 'node:os';

// Node 22.1 and later keep compiled code between runs; Node 20 has no such call.
module.enableCompileCache?.();

// A user without an entry in /etc/passwd, as containers have: Node has neither for oclif, which asks for both at once.
try {
  userInfo();
} catch {
  process.env.HOME ??= '/';
  process.env.SHELL ??= '/bin/sh';
}

const { start } = await import('../dist/cli/start.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('dist/cli/start.js')) throw error;
  process.stderr.write('Error: tenantctl is not built.\nTry: npm run build\n');
  process.exit(2);
});
await start({ dir: import.meta.url });
