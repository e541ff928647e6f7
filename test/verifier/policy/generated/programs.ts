import fc from 'fast-check';

/** What policies call it until it has a name: of a row's tenant and its flag. */
export const PROGRAM = 'program(tenant_id, b)';

const OTHER = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const KEYS = ['public.asked()', 't', 'who', 'NULL', `'${OTHER}'`, 'setting', `nullif(setting, '')::uuid`];
const TESTS = [
  ...['t = who', 't = public.asked()', 'who = t', 't <> who', 'who IS NULL', 'flag', 'NOT flag', 'answer'],
  ...["setting = ''", "setting <> ''", 'setting IS NULL', 'true', 'false', 'NULL', `who = '${OTHER}'`],
  ...["setting ~ '^b'", "setting !~* '^[0-9A-F]{8}-'", 'FOUND', 'answer IS NOT TRUE', 't = who AND flag'],
];

const test = fc.constantFrom(...TESTS);
const key = fc.constantFrom(...KEYS);
const SETTING = `current_setting('app.tenant_id', true)`;

const statements = fc.letrec<{ all: string; one: string }>((tie) => ({
  all: fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((each) => each.join('\n')),
  one: fc.oneof(
    { depthSize: 'small' },
    { weight: 3, arbitrary: test.map((value) => `RETURN ${value};`) },
    test.map((value) => `answer := ${value};`),
    key.map((value) => `who := ${value};`),
    fc.constantFrom(
      `RAISE EXCEPTION 'none';`,
      `RAISE NOTICE 'asked';`,
      'setting = coalesce(setting, t::text);',
    ),
    fc
      .tuple(test, tie('all'), fc.option(fc.tuple(test, tie('all'))), fc.option(tie('all')))
      .map(([condition, then, other, otherwise]) =>
        [
          `IF ${condition} THEN ${then}`,
          ...(other ? [`ELSIF ${other[0]} THEN ${other[1]}`] : []),
          ...(otherwise === null ? [] : [`ELSE ${otherwise}`]),
          'END IF;',
        ].join('\n'),
      ),
  ),
})).all;

/** The declarations and the body of a PL/pgSQL function that says whether a row of tenant `t` may be seen. */
export const programs: fc.Arbitrary<string> = fc
  .record({
    setting: fc.constantFrom(SETTING, `coalesce(${SETTING}, '')`, `nullif(${SETTING}, '')`),
    who: fc.option(key.filter((value) => value !== 'who')),
    answer: fc.option(fc.constantFrom('flag', 'true', 't = who', 'NULL')),
    body: statements,
    last: fc.option(fc.constantFrom('t = who', 'answer', 'false', 't = public.asked()')),
  })
  .map(({ setting, who, answer, body, last }) =>
    [
      `DECLARE setting text := ${setting};`,
      `who uuid${who === null ? '' : ` := ${who}`};`,
      `answer boolean${answer === null ? '' : ` := ${answer}`};`,
      `BEGIN ${body}`,
      ...(last === null ? [] : [`RETURN ${last};`]),
      'END',
    ].join('\n'),
  );

export const created = (name: string, program: string): string =>
  `CREATE FUNCTION ${name}(t uuid, flag boolean) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ ${program} $$`;
