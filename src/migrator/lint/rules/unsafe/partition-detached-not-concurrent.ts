import { actionsOf, givenName, shownName, sqlName, subjectOf } from '../../parse.js';
import { OUTSIDE } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const partitionDetachedNotConcurrent: UnsafeRule = {
  id: 'partition-detached-not-concurrent',
  family: 'unsafe',
  title: 'A partition is detached under a lock that keeps everybody out of the whole table',
  severity: 'warn',
  squawk: ['require-concurrent-partition-detach'],
  advise(statement) {
    const table = subjectOf(statement);
    const partitions = actionsOf(statement, 'AT_DetachPartition').flatMap(({ def }) =>
      def && 'PartitionCmd' in def && def.PartitionCmd.name ? [givenName(def.PartitionCmd.name)] : [],
    );
    return {
      detail: `nobody can read or write any partition of ${shownName(table)} until the transaction ends, nor while it waits for its lock`,
      recipe: [
        OUTSIDE,
        ...partitions.map(
          (name) => `ALTER TABLE ${sqlName(table)} DETACH PARTITION ${sqlName(name)} CONCURRENTLY;`,
        ),
      ].join('\n'),
    };
  },
};
