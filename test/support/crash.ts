import type { Knex } from 'knex';

/** Runs a step whose connection is lost before its nth statement. Whether it got that far. */
export async function crashes(
  run: (connection: Knex) => Promise<void>,
  connection: Knex,
  statement: number,
): Promise<boolean> {
  const crash = new Error('crash');
  let left = statement;
  const doomed = new Proxy(connection, {
    get(target, property) {
      if (property !== 'raw') return Reflect.get(target, property);
      return (...args: [string]) => {
        left -= 1;
        if (left === 0) throw crash;
        return target.raw(...args);
      };
    },
  });
  try {
    await run(doomed);
    return false;
  } catch (error) {
    if (error !== crash) throw error;
    return true;
  }
}
