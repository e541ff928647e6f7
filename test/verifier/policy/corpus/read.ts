import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ContextConfig } from '../../../../src/tenancy/config.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Policies as one project writes them, each to be judged alone on the schema that they share. */
export interface Project {
  name: string;
  schema: string;
  context: ContextConfig;
  root: string;
  columns: string[];
  policies: Entry[];
}

export interface Entry {
  expected: string;
  /** Why it is to be expected. */
  reason: string;
  /** CREATE POLICY, one or several that belong together. */
  sql: string;
}

export async function readCorpus(): Promise<Project[]> {
  const files = (await readdir(HERE)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(files.map(async (file) => readProject(file, await readFile(`${HERE}/${file}`, 'utf8'))));
}

function readProject(file: string, text: string): Project {
  const [schema = '', ...entries] = text.split(/^-- expect: /m);
  const config = JSON.parse(/^-- config: (.*)$/m.exec(schema)?.[1] ?? '{}');
  return {
    name: file.replace('.sql', ''),
    schema,
    context: config.context,
    root: config.root ?? 'tenants',
    columns: config.columns ?? ['tenant_id'],
    policies: entries.map((entry) => {
      const [, expected = '', reason = '', sql = ''] = /^(\w+): (.*)\n([\s\S]*)$/.exec(entry) ?? [];
      return { expected, reason, sql: sql.trim() };
    }),
  };
}
