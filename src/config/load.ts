import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { TenantctlError } from '../errors.js';
import { causeOfLoading, loadModule } from '../module-loader.js';
import type { ConnectionChoice, ConnectionSettings } from '../postgres/settings.js';
import type { Config } from './config.js';
import {
  appConnection,
  chooseConnection,
  scratchConnection,
  sslDefaults,
  withSearchPath,
} from './connection.js';
import { findConfig } from './find.js';
import type { ConfigInputs } from './inputs.js';
import { fromKnexfile, type KnexfileConfig } from './knexfile.js';
import { normalizeConfig } from './normalize.js';
import type { ParsedConfig } from './schema.js';

export interface LoadedConfig {
  config: Config;
  /** Decided when asked for: `init` and `checks` work without a database. */
  chooseConnection(): Promise<ConnectionChoice>;
  appConnection(): Promise<ConnectionSettings | undefined>;
  /** A server that is none of the application's; an embedded one where no URL is given. */
  scratchConnection(url: string | undefined): ConnectionChoice;
}

/**
 * Finds, evaluates and checks the configuration.
 *
 * @throws TenantctlError usage: missing file, a config that throws, unknown key, wrong type
 */
export async function loadConfig(inputs: ConfigInputs): Promise<LoadedConfig> {
  const { parsed, path } = await readConfig(inputs);
  const config = normalizeConfig(parsed, path, inputs.cwd);
  return {
    config,
    chooseConnection: async () => {
      const choice = await chooseConnection({
        flag: inputs.databaseUrl,
        directFlag: inputs.directUrl,
        direct: inputs.direct ?? false,
        env: inputs.env,
        file: parsed.connection,
        path,
        directory: config.directory,
      });
      return parsed.searchPath === undefined ? choice : withSearchPath(choice, parsed.searchPath);
    },
    appConnection: () => appConnection(inputs.env, sslDefaults(parsed.connection, config.directory)),
    scratchConnection: (url) =>
      scratchConnection(url, { env: inputs.env, file: parsed.connection, directory: config.directory }),
  };
}

interface ReadConfig {
  parsed: KnexfileConfig;
  path: string | undefined;
}

async function readConfig(inputs: ConfigInputs): Promise<ReadConfig> {
  if (inputs.knexfile !== undefined) {
    const path = resolve(inputs.cwd, inputs.knexfile);
    const content = await evaluate(path, 'knexfile');
    return { parsed: await fromKnexfile(content, path, inputs), path };
  }
  const path =
    inputs.configPath === undefined ? await findConfig(inputs.cwd) : resolve(inputs.cwd, inputs.configPath);
  return {
    parsed: path === undefined ? {} : await validate(await evaluate(path, 'configuration'), path),
    path,
  };
}

async function evaluate(path: string, what: 'configuration' | 'knexfile'): Promise<unknown> {
  try {
    if (path.endsWith('.json')) return parseJson(await readFile(path, 'utf8'), path);
    // A missing file must not look like a missing import inside the file.
    await readFile(path);
    const module = await loadModule(path);
    return module.default ?? module;
  } catch (error) {
    if (error instanceof TenantctlError) throw error;
    const missing = error instanceof Error && 'path' in error && error.path === path;
    throw new TenantctlError({
      kind: 'usage',
      code: missing ? 'CONFIG_MISSING' : 'CONFIG_THROWS',
      message: missing
        ? `Cannot read the ${what} ${path}: there is no such file, or it may not be read.`
        : `Cannot evaluate the ${what} ${path}: ${causeOfLoading(error)}.`,
      hint: missing ? MISSING[what] : `run it by itself to see the whole error: npx tsx ${path}`,
      cause: error,
    });
  }
}

const MISSING = {
  configuration: '`tenantctl init` writes one; --config names another',
  knexfile: '--knexfile names another; `tenantctl init` writes a configuration, which needs none',
};

/** The parser's own message quotes what is around the place, a password it may be. */
function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new TenantctlError({
      kind: 'usage',
      code: 'CONFIG_THROWS',
      message: `Cannot evaluate the configuration ${path}: it is not valid JSON.`,
      hint: `see where, and what is around it: node -p 'require(process.argv[1])' ${path}`,
    });
  }
}

async function validate(content: unknown, path: string): Promise<ParsedConfig> {
  const { configSchema } = await import('./schema.js');
  const result = configSchema.safeParse(content);
  if (result.success) return result.data;
  throw new TenantctlError({
    kind: 'usage',
    code: 'CONFIG_INVALID',
    message: [`Cannot use the configuration ${path}:`, ...result.error.issues.flatMap(describeIssue)].join(
      '\n  ',
    ),
    hint: 'the README section "Configuration" lists every key',
  });
}

/** `tenancy.root: expected string, received number`, and each unknown key by its path. */
function describeIssue(issue: z.core.$ZodIssue): string[] {
  const at = (path: PropertyKey[], text: string) =>
    path.length > 0 ? `${path.map(String).join('.')}: ${text}` : text;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => at([...issue.path, key], 'unknown key'));
  }
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.map((branch) => branch.flatMap(describeIssue).join(', '));
    return [at(issue.path, [...new Set(branches)].join('; or '))];
  }
  // Zod's own says that undefined was received.
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return [at(issue.path, `it is missing: expected ${issue.expected}`)];
  }
  return [at(issue.path, issue.message)];
}
