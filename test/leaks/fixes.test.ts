import { MARK } from '../../src/verifier/self-test/ground.js';
import { isolate, parentRef } from '../../src/verifier/self-test/parts.js';
import type { Plant } from '../../src/verifier/self-test/plant.js';
import { PLANTS } from '../../src/verifier/self-test/plants/index.js';
import { REFERENCE_PLANTS } from '../../src/verifier/self-test/plants/references.js';
import { testFixes } from './fixes.js';
import { BIGINT, QUOTED, UUID } from './shapes.js';

/** All that has to be built or checked for its keys, where hardly any of it can be done beside the traffic. */
const PARTITIONED: Plant = {
  classes: [],
  title: 'a partitioned table',
  sql: (g) => `${parentRef(g)}
    CREATE TABLE ${g.made('events')} (${g.tenant} ${g.type}, at date NOT NULL, code text, ref uuid,
      CONSTRAINT ${MARK}_code UNIQUE (at, code),
      CONSTRAINT ${MARK}_ref FOREIGN KEY (ref) REFERENCES ${g.p} (${MARK}_key)) PARTITION BY RANGE (at);
    CREATE TABLE ${g.made('events_now')} PARTITION OF ${g.made('events')} DEFAULT;
    CREATE UNIQUE INDEX ON ${g.made('events')} (at, upper(code));
    ${isolate(g, g.made('events'))}`,
};

/** Names of which PostgreSQL would cut off the end, or that are taken. */
const LONG: Plant = {
  classes: [],
  title: 'names that are long, or taken',
  sql: (g) => {
    const [table, index] = [g.made('t'.repeat(50)), 'i'.repeat(63)];
    return `CREATE TABLE ${table} (${g.tenant} ${g.type}, code text, CONSTRAINT "${index}" UNIQUE (code));
      CREATE UNIQUE INDEX "${index.slice(1)}" ON ${table} (lower(code));
      CREATE VIEW ${g.made('taken')} AS SELECT 1 AS one; ${isolate(g, table)}`;
  },
};

testFixes(QUOTED, [...PLANTS, PARTITIONED, LONG], 40);
testFixes(UUID, [...REFERENCE_PLANTS, PARTITIONED, LONG], 10);
testFixes(BIGINT, [...REFERENCE_PLANTS, PARTITIONED, LONG], 10);
