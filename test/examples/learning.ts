import type pg from 'pg';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { type Example, openExample } from './example.js';

export const NORTE = 'a0000000-0000-4000-8000-000000000000';
export const BAYSIDE = 'b0000000-0000-4000-8000-000000000000';

const PEOPLE = {
  Ada: ['admin', 1],
  Tomás: ['teacher', 2],
  Tessa: ['teacher', 3],
  Sol: ['student', 4],
  Sam: ['student', 5],
} as const;
export type Name = keyof typeof PEOPLE;
export const NAMES: readonly Name[] = ['Ada', 'Tomás', 'Tessa', 'Sol', 'Sam'];

/** Ids as the seeds make them: kinds 1 user, 2 course, 3 enrollment, 4 lesson, 5 submission, 6 file, 7 version, 8 access. */
export function id(kind: number, number: number, organization = NORTE): string {
  return `${organization.slice(0, 24)}${String(kind * 1000 + number).padStart(12, '0')}`;
}

export function member(name: Name, organization = NORTE): string {
  return id(1, PEOPLE[name][1], organization);
}

/** The seeded platform as the application reaches it: each test in a transaction that is rolled back. */
export interface Platform {
  example: Example;
  app: pg.Client;
  actAs(name: Name, organization?: string): Promise<void>;
  /** Rows that a statement returns or changes. */
  count(sql: string): Promise<number | null>;
}

export function usePlatform(): Platform {
  const platform = {
    actAs: async (name, organization = NORTE) => {
      await platform.app.query(
        `SELECT set_config('app.organization_id', $1, true), set_config('app.member_id', $2, true),
           set_config('app.member_role', $3, true)`,
        [organization, member(name, organization), PEOPLE[name][0]],
      );
    },
    count: async (sql) => (await platform.app.query(sql)).rowCount,
  } as Platform;
  beforeAll(async () => {
    platform.example = await openExample('learning');
    await platform.example.migrate();
    await platform.example.seed();
    platform.app = await platform.example.connectApp();
  });
  beforeEach(() => platform.app.query('BEGIN'));
  afterEach(() => platform.app.query('ROLLBACK'));
  return platform;
}
