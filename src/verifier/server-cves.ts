/** A published weakness of PostgreSQL through which rows can pass row level security. */
interface Vulnerability {
  id: string;
  what: string;
  /** First minor release of each major that has the correction. */
  fixedIn: Readonly<Record<number, number>>;
}

export interface Advisory {
  id: string;
  what: string;
  /** '15.20'. */
  fixedIn: string;
}

const KNOWN: readonly Vulnerability[] = [
  {
    id: 'CVE-2026-120154',
    what: 'INSERT … ON CONFLICT DO UPDATE reads rows that policies hide',
    fixedIn: { 14: 25, 15: 20, 16: 16, 17: 12, 18: 7 },
  },
  {
    id: 'CVE-2025-8713',
    what: 'planner statistics of partitions and child tables show values that policies hide',
    fixedIn: { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 },
  },
  {
    id: 'CVE-2024-10976',
    what: 'a plan that is used again applies the policies of another role',
    fixedIn: { 12: 21, 13: 17, 14: 14, 15: 9, 16: 5, 17: 1 },
  },
  {
    id: 'CVE-2023-2455',
    what: 'an inlined function applies the policies of another role',
    fixedIn: { 11: 20, 12: 15, 13: 11, 14: 8, 15: 3 },
  },
];

/**
 * The known weaknesses that a server of this version has. A matter of upgrading, not of the schema, so never a finding.
 *
 * @param versionNumber server_version_num: 150018 is 15.18
 */
export function advisoriesFor(versionNumber: number): Advisory[] {
  const major = Math.floor(versionNumber / 10_000);
  const minor = versionNumber % 10_000;
  return KNOWN.flatMap(({ id, what, fixedIn }) => {
    const first = fixedIn[major];
    return first !== undefined && minor < first ? [{ id, what, fixedIn: `${major}.${first}` }] : [];
  });
}
