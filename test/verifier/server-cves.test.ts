import { expect, it } from 'vitest';
import { advisoriesFor } from '../../src/verifier/server-cves.js';

const ids = (versionNumber: number) => advisoriesFor(versionNumber).map(({ id }) => id);

it('knows which minor release corrected what', () => {
  expect(ids(150018)).toEqual(['CVE-2026-120154']);
  expect(ids(150020)).toEqual([]);
  expect(ids(150013)).toEqual(['CVE-2026-120154', 'CVE-2025-8713']);
  expect(ids(150002)).toEqual(['CVE-2026-120154', 'CVE-2025-8713', 'CVE-2024-10976', 'CVE-2023-2455']);
  expect(ids(180006)).toEqual(['CVE-2026-120154']);
  expect(ids(190000)).toEqual([]);
  expect(advisoriesFor(140024)[0]?.fixedIn).toBe('14.25');
});
