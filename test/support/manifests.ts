import { readdirSync, readFileSync } from 'node:fs';
import type { ICronJob, IJob } from 'kubernetes-models/batch/v1';
import { parse } from 'yaml';
import { ROOT } from './cli.js';

const DIRECTORY = `${ROOT}deploy/kubernetes/`;

type JobSpec = NonNullable<IJob['spec']>;
export type Container = NonNullable<JobSpec['template']['spec']>['containers'][number];

export interface Manifest {
  /** 'migrate.yaml' */
  file: string;
  document: IJob | ICronJob;
  /** The Job's own, or the one that the CronJob makes. */
  job: JobSpec;
}

/** The repository's Kubernetes manifests, parsed and not judged. */
export const MANIFESTS: readonly Manifest[] = readdirSync(DIRECTORY).map((file) => {
  const document = parse(readFileSync(DIRECTORY + file, 'utf8')) as IJob | ICronJob;
  const job = document.kind === 'CronJob' ? document.spec?.jobTemplate.spec : document.spec;
  if (!job) throw new Error(`${file} describes no job`);
  return { file, document, job };
});

/** The one container of a manifest. */
export function containerOf({ file, job }: Pick<Manifest, 'file' | 'job'>): Container {
  const [container, ...others] = job.template.spec?.containers ?? [];
  if (!container || others.length > 0) throw new Error(`${file} does not have exactly one container`);
  return container;
}
