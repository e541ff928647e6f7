#!/usr/bin/env node
import module from 'node:module';

// Node 22.1 and later keep compiled code between runs; Node 20 has no such call.
module.enableCompileCache?.();

const { installRedaction } = await import('../dist/cli/output.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('Error: tenantctl is not built.\nTry: npm run build\n');
  process.exit(2);
});
installRedaction(process.argv.slice(2), process.env);

const { execute } = await import('@oclif/core');
await execute({ dir: import.meta.url });
