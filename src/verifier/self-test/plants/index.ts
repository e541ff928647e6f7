import type { Plant } from '../plant.js';
import { CONTEXT_PLANTS } from './context.js';
import { DOOR_PLANTS } from './doors.js';
import { GRANT_PLANTS } from './grants.js';
import { POLICY_PLANTS } from './policies.js';
import { REFERENCE_PLANTS } from './references.js';
import { ROLE_PLANTS } from './roles.js';

/** Everything that the self-test plants, in the order of the catalogue's sections. */
export const PLANTS: readonly Plant[] = [
  ...ROLE_PLANTS,
  ...POLICY_PLANTS,
  ...CONTEXT_PLANTS,
  ...DOOR_PLANTS,
  ...GRANT_PLANTS,
  ...REFERENCE_PLANTS,
];
