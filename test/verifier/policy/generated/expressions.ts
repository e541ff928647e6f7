import fc from 'fast-check';
import { KEYS, type Table } from './schema.js';

const TYPE: Record<Table, string> = { by_uuid: 'uuid', by_number: 'bigint', by_text: 'text' };

/** Ways to say which tenant is asked for. */
const asked = (table: Table): string[] => [
  `${table}_cur()`,
  `(SELECT ${table}_cur())`,
  `current_setting('app.tenant_id', true)::${TYPE[table]}`,
  `current_setting('app.tenant_id')::${TYPE[table]}`,
  `nullif(current_setting('app.tenant_id', true), '')::${TYPE[table]}`,
  `(SELECT nullif(current_setting('app.tenant_id', true), ''))::${TYPE[table]}`,
  `coalesce(${table}_cur(), tenant_id)`,
  `coalesce(nullif(current_setting('app.tenant_id', true), ''), '${KEYS[table][1]}')::${TYPE[table]}`,
  `nullif(${table}_cur(), '${KEYS[table][1]}')`,
  `CASE WHEN b THEN ${table}_cur() END`,
];

const column = (table: Table): string[] => [
  'tenant_id',
  'tenant_id',
  'tenant_id',
  'org',
  `coalesce(tenant_id, org)`,
  `(tenant_id::text)::${TYPE[table]}`,
];

const COMPARISONS = ['=', '=', '=', '<>', '<', '>=', 'IS NOT DISTINCT FROM', 'IS DISTINCT FROM'];

const OF_THE_ROW = [
  ...[
    'true',
    'false',
    'NULL::boolean',
    'b',
    'NOT b',
    'b IS NOT NULL',
    'n IS NULL',
    'n = 1',
    'n > 0',
    'n <= 0 OR n > 0',
    'n > 200',
  ],
  ...[
    "s = 'x'",
    "s <> ''",
    "lower(s) = 'x'",
    'length(s) = 1',
    "s LIKE 'a%'",
    "s LIKE 'a_c'",
    "s ILIKE 'OPEN'",
    "md5(s) = 'x'",
  ],
  ...[
    "s IN ('x', 'open')",
    "s = ANY (ARRAY['x', NULL])",
    "s <> ALL (ARRAY['x', ''])",
    "s ~ '^o'",
    "left(s, 1) = 'o'",
  ],
  ...[
    "code = 'abcd'",
    "code = 'abcde'",
    "pad = 'ab'",
    "pad::text = 'ab  '",
    "pad::text = 'ab'",
    "n::text = '1'",
    'n::numeric = 1.0',
  ],
  ...[
    'at IS NULL OR at > now()',
    "at < '2000-01-01'",
    "at + interval '1 day' < now()",
    'at = at',
    "mood = 'open'",
    "mood <> 'draft'",
  ],
  ...[
    "data ->> 'kind' = 'open'",
    "(data ->> 'open')::boolean",
    "data ? 'kind'",
    'data @> \'{"kind": "open"}\'',
    "'open' = ANY (tags)",
  ],
  ...[
    'amount > 1',
    'amount = 0',
    'n BETWEEN 0 AND 1',
    '(n, b) = (1, true)',
    'n + 1 = 2',
    'n = n',
    'random() < 2',
    "nullif(s, 'x') IS NULL",
  ],
  ...[
    "session_user = 'nobody'",
    "current_user = 'app'",
    "current_setting('app.bypass', true) = 'on'",
    'cardinality(tags) > 0',
  ],
  ...[
    "s = current_setting('app.tenant_id', true)",
    "coalesce(s, 'x') = 'x'",
    "CASE s WHEN 'x' THEN b WHEN 'open' THEN n = 1 END",
  ],
];

const ofTheTenant = (table: Table): string[] => {
  const [, other] = KEYS[table];
  return [
    ...[
      'tenant_id IS NOT NULL',
      'tenant_id IS NULL',
      'tenant_id = tenant_id',
      `tenant_id = '${other}'`,
      `org = '${other}'`,
      'tenant_id = org',
    ],
    `tenant_id::text = current_setting('app.tenant_id', true)`,
    `current_setting('app.tenant_id', true) = tenant_id::text`,
    `tenant_id::varchar = current_setting('app.tenant_id', true)::varchar`,
    `tenant_id::char(3) = current_setting('app.tenant_id', true)::char(3)`,
    `tenant_id::char(80) = current_setting('app.tenant_id', true)::char(80)`,
    `lower(tenant_id::text) = lower(current_setting('app.tenant_id', true))`,
    `left(tenant_id::text, 4) = left(current_setting('app.tenant_id', true), 4)`,
    `tenant_id::text >= current_setting('app.tenant_id', true)`,
    `tenant_id::text < current_setting('app.tenant_id', true)`,
    `tenant_id::text LIKE current_setting('app.tenant_id', true)`,
    `tenant_id::text COLLATE "C" = current_setting('app.tenant_id', true)`,
    `current_setting('app.tenant_id', true) IS NULL`,
    `current_setting('app.tenant_id', true) = ''`,
    `coalesce(current_setting('app.tenant_id', true), '') = ''`,
    `current_setting('app.tenant_id', true) = 'system'`,
    `${table}_cur() IS NULL`,
    `${table}_cur() = '${other}'`,
    `tenant_id IN (${table}_cur())`,
    `tenant_id IN (${table}_cur(), '${other}')`,
    `tenant_id = ANY (ARRAY[${table}_cur(), org])`,
    `tenant_id = ANY (string_to_array(current_setting('app.tenant_id', true), ',')::${TYPE[table]}[])`,
    `(tenant_id, b) = (${table}_cur(), true)`,
    `${table}_mine(tenant_id)`,
    `${table}_may(tenant_id, b)`,
    `${table}_hidden(tenant_id)`,
    `${table}_declared(tenant_id)`,
    `NOT ${table}_declared(org)`,
    `${table}_strict(tenant_id)`,
    `${table}_joined(tenant_id)`,
  ];
};

/** Subqueries, correlated or not. */
const queries = (table: Table): string[] => [
  `EXISTS (SELECT 1 WHERE tenant_id = ${table}_cur())`,
  `EXISTS (SELECT 1 FROM flags f WHERE f.name = 'open')`,
  `EXISTS (SELECT 1 FROM flags f WHERE f.name = ${table}.s AND f.value)`,
  `NOT EXISTS (SELECT 1 FROM flags)`,
  `(SELECT f.value FROM flags f WHERE f.name = 'open' LIMIT 1)`,
  `(SELECT count(*) FROM flags) = 0`,
  `(SELECT count(*) FROM flags f WHERE f.value) > 0`,
  `EXISTS (SELECT 1 FROM ${table}_parents p WHERE p.id = ${table}.parent)`,
  `EXISTS (SELECT 1 FROM ${table}_parents p WHERE p.id = ${table}.parent AND p.tenant_id = ${table}_cur())`,
  `EXISTS (SELECT 1 FROM ${table}_parents p WHERE p.tenant_id = ${table}.tenant_id AND p.open)`,
  `EXISTS (SELECT 1 FROM ${table}_parents p WHERE p.open)`,
  `tenant_id IN (SELECT p.tenant_id FROM ${table}_parents p)`,
  `tenant_id NOT IN (SELECT p.tenant_id FROM ${table}_parents p)`,
  `tenant_id = (SELECT p.tenant_id FROM ${table}_parents p WHERE p.owner = ${table}.s)`,
  `parent IN (SELECT p.id FROM ${table}_parents p WHERE p.owner IS NOT NULL)`,
  `EXISTS (SELECT 1 FROM ${table}_members m WHERE m.tenant_id = ${table}.tenant_id AND m.who = ${table}_cur())`,
  `EXISTS (SELECT 1 FROM ${table}_members m WHERE m.who = ${table}_cur())`,
  `EXISTS (SELECT 1 FROM ${table}_members m WHERE m.who = ${table}_cur() AND m.role = 'admin')`,
  `tenant_id IN (SELECT m.tenant_id FROM ${table}_members m WHERE m.who = ${table}_cur())`,
  `tenant_id IN (SELECT m.tenant_id FROM ${table}_members m)`,
  `tenant_id = ANY (ARRAY(SELECT m.tenant_id FROM ${table}_members m WHERE m.who = ${table}_cur()))`,
  `tenant_id IN (SELECT ${table}_orgs())`,
  `tenant_id = ALL (SELECT m.tenant_id FROM ${table}_members m)`,
  `EXISTS (SELECT 1 FROM ${table}_members m JOIN ${table}_parents p ON p.tenant_id = m.tenant_id WHERE m.tenant_id = ${table}.tenant_id)`,
  `EXISTS (SELECT 1 FROM ${table}_members m LEFT JOIN flags f ON f.name = m.role WHERE m.who = ${table}_cur() AND f.name IS NULL)`,
  `tenant_id IN (SELECT m.who FROM ${table}_members m UNION SELECT ${table}_cur())`,
  `tenant_id IN (SELECT q.t FROM (SELECT m.tenant_id AS t, m.role FROM ${table}_members m) q WHERE q.role = 'admin')`,
  `EXISTS (WITH mine AS (SELECT m.tenant_id FROM ${table}_members m WHERE m.who = ${table}_cur()) SELECT 1 FROM mine WHERE mine.tenant_id = ${table}.tenant_id)`,
  `tenant_id IN (VALUES (${table}_cur()), ('${KEYS[table][1]}'))`,
  // What looks like one of those before, and has other rows, or other columns.
  `EXISTS (SELECT count(*) FROM ${table}_members m WHERE m.who = ${table}_cur() HAVING count(*) > 1)`,
  `EXISTS (SELECT 1 FROM ${table}_members m WHERE m.tenant_id = ${table}.tenant_id HAVING count(*) = 0)`,
  `EXISTS (SELECT max(m.role) FROM ${table}_members m WHERE m.tenant_id = ${table}.tenant_id)`,
  `EXISTS (SELECT m.role FROM ${table}_members m WHERE m.tenant_id = ${table}.tenant_id GROUP BY m.role)`,
  `EXISTS (SELECT count(*) OVER () FROM ${table}_members m WHERE m.tenant_id = ${table}.tenant_id AND m.who = ${table}_cur())`,
  `EXISTS (SELECT 1 FROM ${table}_members m WHERE m.who = ${table}_cur() OFFSET 1)`,
  `EXISTS (SELECT 1 WHERE b LIMIT 0)`,
  `(SELECT b LIMIT 0) IS NULL`,
  `b = ALL (SELECT b OFFSET 1)`,
  `tenant_id IN (SELECT min(m.tenant_id::text)::${TYPE[table]} FROM ${table}_members m)`,
  `EXISTS (SELECT 1 FROM (SELECT count(*) AS n FROM ${table}_members m WHERE m.who = ${table}_cur()) q WHERE q.n = 0)`,
  `EXISTS (SELECT 1 FROM ${table}_members m(who, tenant_id) WHERE m.tenant_id = ${table}_cur() AND m.who = ${table}.tenant_id)`,
  `EXISTS (WITH w(t) AS (SELECT m.who FROM ${table}_members m) SELECT 1 FROM w WHERE w.t = ${table}.tenant_id)`,
  `tenant_id IN (SELECT v.t FROM (VALUES (${table}_cur()), (NULL)) v(t))`,
  `tenant_id IN (SELECT m.tenant_id FROM ${table}_members m EXCEPT SELECT ${table}_cur())`,
  `tenant_id IN (SELECT m.tenant_id FROM ${table}_members m INTERSECT SELECT ${table}_cur())`,
  `${table}_found(tenant_id)`,
  `NOT ${table}_found(org)`,
];

/** Conditions as policies have them, and as nobody would write them. */
export function expressions(table: Table): fc.Arbitrary<string> {
  const atom = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...column(table)),
          fc.constantFrom(...COMPARISONS),
          fc.constantFrom(...asked(table)),
        )
        .map((parts) => parts.join(' ')),
    },
    { weight: 3, arbitrary: fc.constantFrom(...ofTheTenant(table)) },
    { weight: 3, arbitrary: fc.constantFrom(...OF_THE_ROW) },
    { weight: 3, arbitrary: fc.constantFrom(...queries(table)) },
  );
  return fc.letrec<{ expression: string }>((tie) => {
    const inner = tie('expression');
    const tests = fc.constantFrom('TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE', 'UNKNOWN', 'NOT UNKNOWN');
    return {
      expression: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 3, arbitrary: atom.map((each) => `(${each})`) },
        {
          weight: 3,
          arbitrary: fc
            .tuple(inner, fc.constantFrom('AND', 'AND', 'OR'), inner)
            .map((parts) => `(${parts.join(' ')})`),
        },
        inner.map((a) => `(NOT ${a})`),
        fc.tuple(inner, tests).map(([a, test]) => `(${a} IS ${test})`),
        fc.tuple(inner, inner, inner).map(([a, b, c]) => `CASE WHEN ${a} THEN ${b} ELSE ${c} END`),
        fc.tuple(inner, inner).map(([a, b]) => `coalesce(${a}, ${b})`),
        fc.tuple(inner, inner).map(([a, b]) => `nullif(${a}, ${b})`),
        fc.tuple(inner, fc.constantFrom('=', '<>'), inner).map(([a, op, b]) => `(${a} ${op} ${b})`),
      ),
    };
  }).expression;
}
