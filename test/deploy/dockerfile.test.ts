import { readFileSync } from 'node:fs';
import balena from '@balena/dockerignore';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';

const text = readFileSync(`${ROOT}Dockerfile`, 'utf8');
const dockerfile = DockerfileParser.parse(text);
const stages = new Set(dockerfile.getFROMs().map((from) => from.getBuildStage()));

/** What the image holds and how it runs is tried by test/package/image.test.ts; here is what only a text can say. */
describe('Dockerfile', () => {
  it('is valid, and a mistake would be seen', () => {
    expect(validate(text)).toEqual([]);
    expect(validate(text.replace('WORKDIR', 'WORKDIRECTORY'))).not.toEqual([]);
  });

  it('stands on one small base image', () => {
    const images = dockerfile.getFROMs().map((from) => from.getImage() ?? '');
    expect(new Set(images.filter((image) => !stages.has(image)))).toEqual(new Set(['node:22-slim']));
  });

  it('starts node itself, as a user that is a number and not root', () => {
    const [entrypoint, ...others] = dockerfile.getENTRYPOINTs();
    expect(others).toEqual([]);
    // The exec form: in the shell form a shell would get the signals.
    expect(entrypoint?.getOpeningBracket()).not.toBeNull();
    expect(entrypoint?.getJSONStrings().map((word) => word.getJSONValue())).toEqual([
      'node',
      '/opt/tenantctl/bin/run.js',
    ]);
    const users = dockerfile.getInstructions().filter((instruction) => instruction.getKeyword() === 'USER');
    expect(users.map((user) => user.getArgumentsContent())).toEqual(['10001:10001']);
  });
});

describe('.dockerignore', () => {
  const ignored = balena.default().add(readFileSync(`${ROOT}.dockerignore`, 'utf8'));

  it('lets through exactly what is copied', () => {
    const copied = dockerfile
      .getCOPYs()
      .filter((copy) => copy.getFlags().length === 0)
      .flatMap((copy) => copy.getArguments().slice(0, -1))
      .map((argument) => argument.getValue());
    const kept = readFileSync(`${ROOT}.dockerignore`, 'utf8').match(/(?<=^!).+$/gm);
    expect(kept?.sort()).toEqual([...new Set(copied)].sort());
    expect(copied.filter((path) => ignored.ignores(path))).toEqual([]);
  });

  it.each([
    '.tenantctl/app-credential',
    '.env',
    '.git/config',
    'node_modules/pg/package.json',
    'test/a.test.ts',
  ])('keeps %s out of the build', (path) => {
    expect(ignored.ignores(path)).toBe(true);
  });
});
