import type { TestProject } from 'vitest/node';
import { startClusters } from './clusters.js';
import { dropTestDatabases } from './server.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** One server per worker: roles belong to a whole cluster, and files of two workers run at the same time. */
    serverUrls: string[];
    /** Part of every database's name, so that runs can share a server and clean up after themselves. */
    runId: string;
  }
}

/** Where TEST_DATABASE_URL is set, the suite runs there, in one worker; else on clusters of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { TEST_DATABASE_URL: given, TEST_POSTGRES_NATIVE: native } = process.env;
  const runId = `${process.pid}`;
  project.provide('runId', runId);
  if (given) {
    project.provide('serverUrls', [given]);
    return () => dropTestDatabases(given, runId);
  }
  const clusters = await startClusters(project.config.maxWorkers, { native });
  project.provide('serverUrls', clusters.urls);
  return clusters.stop;
}
