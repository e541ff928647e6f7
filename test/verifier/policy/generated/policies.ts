import fc from 'fast-check';
import { quoteIdent } from '../../../../src/identifiers.js';
import { created, PROGRAM, programs } from './programs.js';

/** One policy as CREATE POLICY takes it; `roles` are numbers into a list, PUBLIC where it is empty. */
export interface GeneratedPolicy {
  permissive: boolean;
  command: 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
  roles: number[];
  using: string | undefined;
  check: string | undefined;
}

export const OTHER = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

const ASKED = [
  `nullif(current_setting('app.tenant_id', true), '')::uuid`,
  `current_setting('app.tenant_id')::uuid`,
  'asked()',
  '(SELECT asked())',
  'asked_or_fail()',
  '(SELECT asked_or_fail())',
];

const OF_THE_ROW = ['b', 'NOT b', 'n = 1', 'n IS NULL', "s = 'x'", 'true', 'false', 'NULL::boolean'];

const OF_THE_TENANT = [
  'tenant_id IS NOT NULL',
  `tenant_id = '${OTHER}'`,
  'asked() IS NULL',
  `asked() = '${OTHER}'`,
  `current_setting('app.tenant_id', true) = ''`,
  PROGRAM,
  PROGRAM,
  PROGRAM,
  `NOT ${PROGRAM}`,
  'is_ours(tenant_id)',
  'NOT is_ours(tenant_id)',
  'is_open(tenant_id, b)',
];

const isOurs = fc
  .tuple(fc.constantFrom('=', '=', '=', '=', '<>', '>='), fc.constantFrom(...ASKED))
  .map(([operator, asked]) => `tenant_id ${operator} ${asked}`);

const condition = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'xsmall' },
    { weight: 6, arbitrary: isOurs },
    { weight: 2, arbitrary: fc.constantFrom(...OF_THE_ROW) },
    { weight: 2, arbitrary: fc.constantFrom(...OF_THE_TENANT) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('condition'), fc.constantFrom('AND', 'AND', 'OR'), tie('condition'))
        .map((parts) => `(${parts.join(' ')})`),
    },
    tie('condition').map((inner) => `(NOT ${inner})`),
    tie('condition').map((inner) => `(${inner} IS NOT TRUE)`),
  ),
})).condition;

const policy = (roles: number): fc.Arbitrary<GeneratedPolicy> =>
  fc
    .record({
      permissive: fc.constantFrom(true, true, true, false),
      command: fc.constantFrom('ALL', 'ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'),
      roles: fc.oneof(
        { weight: 2, arbitrary: fc.constant<number[]>([]) },
        fc.subarray([...Array(roles).keys()], { minLength: 1, maxLength: 2 }),
      ),
      using: condition,
      check: condition,
      has: fc.constantFrom('using', 'using', 'check', 'both'),
    })
    .map(({ has, using, check, ...rest }) => {
      const both = rest.command === 'ALL' || rest.command === 'UPDATE';
      const takes = { using: rest.command !== 'INSERT', check: both || rest.command === 'INSERT' };
      return {
        ...rest,
        using: takes.using && (has !== 'check' || !takes.check) ? using : undefined,
        check: takes.check && (has !== 'using' || !takes.using) ? check : undefined,
      };
    });

/** What stands on one table: several policies, and a function that they may call. */
export interface Combination {
  policies: GeneratedPolicy[];
  program: string;
}

export const combinations = (roles: number): fc.Arbitrary<Combination> =>
  fc.record({ policies: fc.array(policy(roles), { minLength: 1, maxLength: 5 }), program: programs });

/** The statements that make them. */
export function written(table: string, { policies, program }: Combination, roles: readonly string[]): string {
  const made = policies.map(({ permissive, command, roles: to, using, check }, at) =>
    [
      `CREATE POLICY p${at} ON ${table} AS ${permissive ? 'PERMISSIVE' : 'RESTRICTIVE'} FOR ${command}`,
      `TO ${to.length === 0 ? 'PUBLIC' : to.map((role) => quoteIdent(roles[role] ?? '')).join(', ')}`,
      ...(using === undefined ? [] : [`USING (${using})`]),
      ...(check === undefined ? [] : [`WITH CHECK (${check})`]),
    ].join(' '),
  );
  return [created(`${table}_f`, program), ...made].join(';\n').replaceAll('program(', `${table}_f(`);
}
