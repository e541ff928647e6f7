import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type * as workflowParser from '@actions/workflow-parser';
import { createJiti } from 'jiti';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';
import { dropRoleWith, useTestDatabase } from '../support/database.js';
import { sarifErrors } from '../support/schemas.js';
import { temporaryDirectory } from '../support/temporary.js';

// The package imports its schema as JSON without saying so: Node refuses that, jiti does not.
const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await createJiti(
  import.meta.url,
).import<typeof workflowParser>('@actions/workflow-parser');

const SUMMARY = 'summary.md';
const WORKFLOW = await readFile(`${ROOT}deploy/github-actions.yml`, 'utf8');

describe("GitHub's own parser", () => {
  it('accepts the workflow', async () => {
    expect((await parse(WORKFLOW)).errors).toEqual([]);
  });

  it.each([
    ['timeout-minutes', 'timeout-minuts'],
    ['github.ref', 'githb.ref'],
    ['    runs-on: ubuntu-24.04\n', ''],
  ])('would not, with %j become %j', async (from, to) => {
    expect((await parse(WORKFLOW.replace(from, to))).errors).not.toEqual([]);
  });
});

describe('the commands of the workflow', () => {
  const database = useTestDatabase();

  it('migrate the database and gate on its isolation, with the findings where GitHub shows them', {
    timeout: 120_000,
  }, async () => {
    dropRoleWith(database, 'booking_app');
    const { commands, uploaded } = await parse(WORKFLOW);
    const gate = commands.at(-1) ?? '';
    expect([commands[0], gate]).toEqual(['npm ci', expect.stringContaining('verify-tenancy')]);
    const checkout = await checkoutDirectory();
    const runner = runnerIn(checkout, { DATABASE_URL: database.url });
    for (const command of commands.slice(1)) await runner(command);
    expect(await database.query('SELECT FROM organizations')).not.toEqual([]);
    expect(await readFile(join(checkout, SUMMARY), 'utf8')).toContain('isolated');

    await database.query('ALTER TABLE students DISABLE ROW LEVEL SECURITY');
    await expect(runner(gate)).rejects.toMatchObject({
      code: 3,
      stdout: expect.stringMatching(
        /^::error file=tenantctl\.config\.ts,line=1,title=students%3A rls-disabled::/m,
      ),
      stderr: expect.stringMatching(/^leaking: /),
    });
    expect(await readFile(join(checkout, SUMMARY), 'utf8')).toMatch(/leaking.*students/s);
    const sarif = await readFile(join(checkout, uploaded ?? ''), 'utf8');
    expect(sarifErrors(sarif)).toEqual([]);
    expect(sarif).toContain('rls-disabled');
  });
});

interface Parsed {
  errors: string[];
  /** The `run` steps of the only job. */
  commands: string[];
  /** The file that goes to code scanning. */
  uploaded?: string | undefined;
}

/** What GitHub finds wrong with a workflow, and what it does. */
async function parse(content: string): Promise<Parsed> {
  const { context, value } = parseWorkflow({ name: 'workflow', content }, new NoOperationTraceWriter());
  const errors = context.errors.getErrors().map(({ message }) => message);
  if (!value || errors.length > 0) return { errors, commands: [] };
  const { jobs } = await convertWorkflowTemplate(context, value);
  const steps = jobs.flatMap((job) => (job.type === 'job' ? job.steps : []));
  const upload = steps.find((step) => 'uses' in step && step.uses.value.includes('/upload-sarif@'));
  return {
    errors,
    commands: steps.flatMap((step) => ('run' in step ? [step.run.toString()] : [])),
    uploaded: /sarif_file: (\S+)/.exec(upload ? content : '')?.[1],
  };
}

/** The project as a runner has it, but for node_modules: `npx tenantctl` is this checkout's. */
async function checkoutDirectory(): Promise<string> {
  const directory = await temporaryDirectory();
  for (const name of ['tenantctl.config.ts', 'migrations', 'seeds', 'checks']) {
    await symlink(`${ROOT}${name}`, join(directory, name));
  }
  const npx = join(directory, 'tools', 'npx');
  await mkdir(join(directory, 'tools'));
  await writeFile(npx, `#!/bin/sh\nshift\nexec '${process.execPath}' '${ROOT}bin/run.js' "$@"\n`);
  await chmod(npx, 0o755);
  // The runner makes it, and steps add to it.
  await writeFile(join(directory, SUMMARY), '');
  return directory;
}

/** Runs a step as GitHub's runner does. */
function runnerIn(cwd: string, secrets: Record<string, string>): (command: string) => Promise<unknown> {
  const env = {
    PATH: `${join(cwd, 'tools')}${delimiter}${process.env.PATH}`,
    HOME: cwd,
    CI: 'true',
    GITHUB_STEP_SUMMARY: join(cwd, SUMMARY),
    ...secrets,
  };
  const shell = ['--noprofile', '--norc', '-eo', 'pipefail', '-c'];
  return (command) => promisify(execFile)('bash', [...shell, command], { cwd, env });
}
