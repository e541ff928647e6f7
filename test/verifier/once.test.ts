import { expect, it } from 'vitest';
import { once, onceForText } from '../../src/verifier/once.js';

it('works an answer out once for each key, and gives it again', () => {
  const asked: object[] = [];
  const work = once((key: { a: number }) => {
    asked.push(key);
    return key.a === 0 ? undefined : [key.a];
  });
  const [zero, one, another] = [{ a: 0 }, { a: 1 }, { a: 1 }];
  const answers = [zero, one, another, zero, one].map(work);
  expect(answers).toEqual([undefined, [1], [1], undefined, [1]]);
  expect(answers[4]).toBe(answers[1]);
  expect(asked).toEqual([zero, one, another]);
});

it('works an answer out once for each text', async () => {
  const asked: string[] = [];
  const work = onceForText(async (text) => {
    asked.push(text);
    if (text === 'bad') throw new Error('no');
    return [text];
  });
  expect(await work('a')).toBe(await work('a'));
  expect(await work('b')).toEqual(['b']);
  await expect(work('bad')).rejects.toThrow('no');
  await expect(work('bad')).rejects.toThrow('no');
  expect(asked).toEqual(['a', 'b', 'bad']);
});
