import { describe, expect, it } from 'vitest';
import { PLANTS } from '../../src/verifier/self-test/plants/index.js';
import { CATALOGUE, LEFT_OUT } from './catalogue.js';
import { NEAR_MISSES } from './near-misses.js';

const classesOf = (plants: typeof PLANTS) => new Set(plants.flatMap(({ classes }) => classes));
const SEEN = classesOf(PLANTS.filter(({ seen }) => seen));
const CROSSED = classesOf(PLANTS.filter(({ crossed, login }) => crossed ?? login));

const numbers = (list: Record<number, unknown>) => Object.keys(list).map(Number);

describe('the catalogue of leaks', () => {
  it('is whole', () => {
    expect(CATALOGUE.map(({ number }) => number)).toEqual(
      Array.from({ length: 116 }, (_, index) => index + 1),
    );
  });

  it.each([
    ['in the catalog or the rows', CATALOGUE.filter(({ inCatalog }) => inCatalog), SEEN, LEFT_OUT.inCatalog],
    ["to the app's login", CATALOGUE.filter(({ toLogin }) => toLogin), CROSSED, LEFT_OUT.toLogin],
  ])('shows %s what it should, or is left out with the reason', (_, shown, planted, leftOut) => {
    const missing = shown.map(({ number }) => number).filter((number) => !planted.has(number));
    expect(missing).toEqual(numbers(leftOut));
  });

  it('has a near miss for each class that is planted, and for no other', () => {
    expect(numbers(NEAR_MISSES)).toEqual([...classesOf(PLANTS)].sort((a, b) => a - b));
  });
});
