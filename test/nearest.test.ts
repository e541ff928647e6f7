import { expect, it } from 'vitest';
import { nearest } from '../src/nearest.js';

it('finds what may have been meant, closest first', () => {
  const names = ['organizations', 'organization_users', 'users', 'user_roles'];
  expect(nearest('organisations', names)).toEqual(['organizations']);
  expect(nearest('User', names)).toEqual(['users', 'user_roles', 'organization_users']);
  expect(nearest('zzzzzz', names)).toEqual([]);
  expect(nearest('user', names, 1)).toEqual(['users']);
});
