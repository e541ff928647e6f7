import type pg from 'pg';
import { TABLES } from '../../examples/clinic/migrations/support/tables.js';
import { type Example, openExample } from './example.js';

export const BEFORE = '20250110000002_two_clinics';
export const PHASES = [
  '20250201000001_phase_1_additive_tables',
  '20250301000001_phase_2_dual_ids',
  '20250401000001_phase_3_row_level_security',
  '20250501000001_phase_4_move_data',
] as const;
export const NORTH = 'clinic-north';
export const SOUTH = 'clinic-south';
export const EXISTED = ['users', 'providers', 'patients', 'appointments'];
export const ADDED = TABLES.map(({ name }) => name).filter((name) => !EXISTED.includes(name));

/** A database as one of the phases leaves it, and a connection to it. */
export async function openAt(phase: string): Promise<{ example: Example; client: pg.Client }> {
  const example = await openExample('clinic');
  await example.migrate(phase);
  return { example, client: await example.database.client() };
}

/** What the application of before sends: text ids only. */
export const oldWrites = [
  `INSERT INTO patients (id, clinic_id, provider_id, full_name, registered_on)
   VALUES ('old', '${NORTH}', 'north-provider-1', 'Old', '2025-01-01')`,
  `UPDATE patients SET provider_id = 'north-provider-2' WHERE id = 'old'`,
  `DELETE FROM patients WHERE id = 'old'`,
];
