import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import balena from '@balena/dockerignore';
import {
  Copy,
  DockerfileParser,
  Entrypoint,
  Env,
  From,
  type Instruction,
  Run,
  User,
  Workdir,
} from 'dockerfile-ast';

const run = promisify(execFile);

/** What a build stage came to: a directory that stands for its file system, and how its process is started. */
export interface Image {
  root: string;
  workdir: string;
  user: { uid: number; gid: number } | undefined;
  env: Record<string, string>;
  entrypoint: string[];
}

/**
 * Follows the Dockerfile without Docker: each stage becomes a directory below `directory`, a base image an empty one,
 * and commands run with this machine's Node. So a RUN may only name relative paths; one with an absolute path is
 * refused, because it would reach this machine's files.
 *
 * @param context the directory that holds Dockerfile and .dockerignore
 * @returns the stages by name
 */
export async function buildImages(context: string, directory: string): Promise<Map<string, Image>> {
  const dockerfile = DockerfileParser.parse(await readFile(path.join(context, 'Dockerfile'), 'utf8'));
  const ignored = balena.default().add(await readFile(path.join(context, '.dockerignore'), 'utf8'));
  const stages = new Map<string, Image>();
  let stage: Image | undefined;
  for (const instruction of dockerfile.getInstructions()) {
    if (instruction instanceof From) {
      const name = instruction.getBuildStage() ?? `${stages.size}`;
      stage = await beginStage(path.join(directory, name), stages.get(instruction.getImage() ?? ''));
      stages.set(name, stage);
    } else if (stage === undefined) {
      throw new Error(`${instruction.getKeyword()} stands before the first FROM`);
    } else if (instruction instanceof Copy) {
      const from = instruction
        .getFlags()
        .find((flag) => flag.getName() === 'from')
        ?.getValue();
      const source = from == null ? { root: context, ignored } : { root: required(stages.get(from)).root };
      await copy(argumentsOf(instruction), source, stage);
    } else if (instruction instanceof Run) {
      await runIn(stage, required(instruction.getArgumentsContent()));
    } else {
      configure(stage, instruction);
    }
  }
  return stages;
}

async function beginStage(root: string, base: Image | undefined): Promise<Image> {
  await mkdir(root, { recursive: true });
  if (!base) return { root, workdir: '/', user: undefined, env: {}, entrypoint: [] };
  await cp(base.root, root, { recursive: true, verbatimSymlinks: true });
  return { ...base, root, env: { ...base.env } };
}

/** The instructions that only say how the image's process starts. */
function configure(stage: Image, instruction: Instruction): void {
  if (instruction instanceof Workdir)
    stage.workdir = path.posix.resolve(stage.workdir, ...argumentsOf(instruction));
  else if (instruction instanceof Env) {
    for (const property of instruction.getProperties())
      stage.env[property.getName()] = property.getValue() ?? '';
  } else if (instruction instanceof User) {
    const [uid, gid] = argumentsOf(instruction).join().split(':').map(Number);
    stage.user = { uid: required(uid), gid: gid ?? 0 };
  } else if (instruction instanceof Entrypoint) {
    stage.entrypoint = instruction.getJSONStrings().map((argument) => argument.getJSONValue());
  } else throw new Error(`${instruction.getKeyword()}: buildImages does not know this instruction`);
}

interface CopySource {
  root: string;
  ignored?: { ignores(path: string): boolean };
}

/** COPY: a directory gives its content; a file goes into a destination that ends with a slash. */
async function copy(paths: string[], { root, ignored }: CopySource, stage: Image): Promise<void> {
  const target = required(paths.at(-1));
  const destination = path.join(stage.root, path.posix.resolve(stage.workdir, target));
  for (const source of paths.slice(0, -1)) {
    const from = path.join(root, source);
    const isDirectory = (await stat(from)).isDirectory();
    const to =
      target.endsWith('/') && !isDirectory ? path.join(destination, path.basename(source)) : destination;
    const filter = (file: string) => file === root || !ignored?.ignores(path.relative(root, file));
    if (!filter(from)) throw new Error(`COPY ${source}: .dockerignore leaves it out`);
    await cp(from, to, { recursive: true, filter, verbatimSymlinks: true });
  }
}

async function runIn(stage: Image, command: string): Promise<void> {
  if (/(^|[\s='"])\//.test(command))
    throw new Error(`RUN ${command}: an absolute path would be this machine's`);
  const cwd = path.join(stage.root, stage.workdir);
  await mkdir(cwd, { recursive: true });
  await run('sh', ['-c', command], { cwd, env: { ...process.env, ...stage.env } });
}

function argumentsOf(instruction: Instruction): string[] {
  return instruction.getArguments().map((argument) => argument.getValue());
}

function required<T>(value: T | null | undefined): T {
  if (value == null) throw new Error('the Dockerfile refers to something that is not there');
  return value;
}
