import { readFileSync } from 'node:fs';
import { CronJob, Job } from 'kubernetes-models/batch/v1';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.js';
import { ROOT } from '../support/cli.js';
import { containerOf, MANIFESTS, type Manifest } from '../support/manifests.js';

const version: string = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).version;
const named = MANIFESTS.map((manifest) => ({ ...manifest, toString: () => manifest.file }));

it('has a manifest for every command that runs in a cluster', () => {
  expect(MANIFESTS.map(({ file, document }) => [file, document.kind])).toEqual([
    ['backfill-tenant.yaml', 'Job'],
    ['create-app-role.yaml', 'Job'],
    ['migrate.yaml', 'Job'],
    ['verify-tenancy.yaml', 'CronJob'],
  ]);
});

describe('the schema of Kubernetes', () => {
  it.each(named)('accepts %s', ({ document }) => {
    expect(() => validate(document)).not.toThrow();
  });

  it('is really asked', () => {
    const broken = structuredClone(MANIFESTS[0] as Manifest);
    containerOf(broken).imagePullPolicy = 'Sometimes' as never;
    expect(() => validate(broken.document)).toThrow(/imagePullPolicy/);
  });

  // A cluster drops a field it does not know, and OpenAPI allows any: only the types know that one is misspelt.
  describe('knows every field', () => {
    const misspelt = structuredClone(MANIFESTS[0] as Manifest);
    Object.assign(containerOf(misspelt), { readOnlyRootFileSystem: true });
    const subjects = [...MANIFESTS, { ...misspelt, file: 'misspelt' }];
    let complaints: Map<string, string[]>;
    beforeAll(() => {
      complaints = unknownFields(subjects);
    });

    it.each(named)('of %s', ({ file }) => {
      expect(complaints.get(file)).toEqual([]);
    });

    it('and not one of its own invention', () => {
      expect(complaints.get('misspelt')).toEqual([expect.stringContaining('readOnlyRootFileSystem')]);
    });
  });
});

describe.each(named)('%s', ({ file, job }) => {
  const container = containerOf({ file, job });
  const pod = job.template.spec;
  const rules = job.podFailurePolicy?.rules ?? [];

  it('tries again exactly where the exit code says that it may help', () => {
    const given = rules.find((rule) => rule.action === 'FailJob')?.onExitCodes;
    const hopeless = Object.values(EXIT_CODES).filter(({ retry }) => retry === 'no');
    expect(given).toEqual({
      containerName: container.name,
      operator: 'In',
      // The cluster insists on ascending order.
      values: hopeless.map(({ code }) => code).sort((a, b) => a - b),
    });
    expect(job.backoffLimit).toBeGreaterThan(0);
    // A failure policy needs it: a container that the kubelet restarts never fails its pod.
    expect(pod?.restartPolicy).toBe('Never');
  });

  it('does not count an eviction as a failure, and judges it before the exit code', () => {
    expect(rules[0]).toEqual({
      action: 'Ignore',
      onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
    });
  });

  it('ends: each attempt, all of them together, and what they leave in the cluster', () => {
    expect(job.activeDeadlineSeconds).toBeGreaterThan(pod?.terminationGracePeriodSeconds ?? Number.NaN);
    const kept = file === 'verify-tenancy.yaml' ? undefined : 86_400;
    expect(job.ttlSecondsAfterFinished).toBe(kept);
  });

  it('runs without privileges on a read-only file system', () => {
    expect(pod?.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod?.automountServiceAccountToken).toBe(false);
    expect(container.resources).toMatchObject({ requests: expect.any(Object), limits: { memory: '512Mi' } });
  });

  it('gets secrets as files, and only those it names', () => {
    const [mount] = container.volumeMounts ?? [];
    const [volume] = pod?.volumes ?? [];
    expect(mount).toMatchObject({ name: volume?.name, readOnly: true });
    const mounted = volume?.secret?.items?.map(({ path }) => `${mount?.mountPath}/${path}`) ?? [];
    const words = [...(container.args ?? []), ...(container.env ?? []).map(({ value }) => value)];
    expect(words.filter((word) => word?.startsWith(`${mount?.mountPath}/`)).sort()).toEqual(mounted.sort());
    expect(volume?.secret?.defaultMode).toBe(0o440);
    expect(container.env?.every(({ name }) => name.endsWith('_FILE'))).toBe(true);
  });

  it('runs its command in the image of this version', () => {
    expect(container.image).toBe(`booking-tenantctl:${version}`);
    expect(container.args?.[0]).toBe(file.replace('.yaml', ''));
    // The image's ENTRYPOINT stays: a `command` here would replace it.
    expect(container.command).toBeUndefined();
  });
});

function validate(document: Manifest['document']): void {
  if (document.kind === 'CronJob') new CronJob(document).validate();
  else new Job(document).validate();
}

/** Compiles each document as a literal of its type; what the compiler says against it, by file. */
function unknownFields(manifests: readonly Manifest[]): Map<string, string[]> {
  const sources = new Map(
    manifests.map(({ file, document }) => {
      const [type, json] = [`I${document.kind}`, JSON.stringify(document)];

      return [
        `${ROOT}${file}.ts`,
        `import type { ${type} } from 'kubernetes-models/batch/v1'; export const it: ${type} = ${json};`,
      ];
    }),
  );
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? readFile(name);
  host.getSourceFile = (name, target) => {
    const text = sources.get(name);
    return text === undefined ? getSourceFile(name, target) : ts.createSourceFile(name, text, target);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const diagnostics = ts.getPreEmitDiagnostics(program);
  return new Map(
    manifests.map(({ file }) => [
      file,
      diagnostics
        .filter((diagnostic) => diagnostic.file?.fileName === `${ROOT}${file}.ts`)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
    ]),
  );
}
