/** Three tables of tenants whose keys differ in type, and what their policies can look at. */
export const TABLES = ['by_uuid', 'by_number', 'by_text'] as const;
export type Table = (typeof TABLES)[number];

/** The tenant asked for, another one, and a third. */
export const KEYS: Record<Table, [string, string, string]> = {
  by_uuid: [
    'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
    'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
    'cccccccc-cccc-4ccc-8ccc-cccccccccccc',
  ],
  by_number: ['1001', '1002', '1003'],
  by_text: ['tenant-a', 'tenant-b', 'Tenant-A'],
};

const TYPES: Record<Table, string> = { by_uuid: 'uuid', by_number: 'bigint', by_text: 'text' };

const tableOf = (table: Table) => `
  CREATE TABLE ${table}_parents (tenant_id ${TYPES[table]} NOT NULL, id int NOT NULL UNIQUE, owner text, open boolean NOT NULL,
    PRIMARY KEY (tenant_id, id));
  CREATE TABLE ${table}_members (tenant_id ${TYPES[table]} NOT NULL, who ${TYPES[table]} NOT NULL, role text NOT NULL);
  CREATE TABLE ${table} (tenant_id ${TYPES[table]}, org ${TYPES[table]}, n int, s text, b boolean NOT NULL, code varchar(4),
    pad char(4), at timestamptz, mood mood, data jsonb, tags text[], parent int, amount numeric(8,2),
    CHECK (n < 100), FOREIGN KEY (tenant_id, parent) REFERENCES ${table}_parents (tenant_id, id));
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  ALTER TABLE ${table}_parents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE FUNCTION ${table}_cur() RETURNS ${TYPES[table]} LANGUAGE sql STABLE
    RETURN nullif(current_setting('app.tenant_id', true), '')::${TYPES[table]};
  CREATE POLICY iso ON ${table}_parents USING (tenant_id = ${table}_cur());
  CREATE FUNCTION ${table}_mine(t ${TYPES[table]}) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT t = public.${table}_cur()';
  CREATE FUNCTION ${table}_may(t ${TYPES[table]}, flag boolean) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
    BEGIN IF t IS NULL THEN RETURN false; ELSE IF flag THEN RETURN t = public.${table}_cur(); END IF; END IF; RETURN NOT flag; END $$;
  CREATE FUNCTION ${table}_hidden(t ${TYPES[table]}) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
    BEGIN FOR i IN 1 .. 1 LOOP RETURN t = public.${table}_cur(); END LOOP; END $$;
  CREATE FUNCTION ${table}_found(tenant_id ${TYPES[table]}) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp
    AS 'SELECT EXISTS (SELECT FROM ${table}_members WHERE tenant_id = ${table}_cur() AND who = ${table}_found.tenant_id)';
  CREATE FUNCTION ${table}_declared(t ${TYPES[table]}) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
    DECLARE asked ${TYPES[table]} := public.${table}_cur(); answer boolean;
    BEGIN IF asked IS NULL THEN RAISE EXCEPTION 'none'; END IF; answer := t = asked; RETURN answer; END $$;
  CREATE FUNCTION ${table}_joined(t ${TYPES[table]}) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
    AS 'SELECT EXISTS (SELECT 1 FROM ${table}_members m WHERE m.tenant_id = t AND m.who = ${table}_cur())';
  CREATE FUNCTION ${table}_orgs() RETURNS SETOF ${TYPES[table]} LANGUAGE sql STABLE
    AS 'SELECT m.tenant_id FROM public.${table}_members m WHERE m.who = public.${table}_cur()';
  CREATE FUNCTION ${table}_strict(t ${TYPES[table]}) RETURNS boolean LANGUAGE sql STABLE STRICT AS 'SELECT t IS NULL';
  GRANT SELECT, INSERT, UPDATE, DELETE ON ${table}, ${table}_parents, ${table}_members TO PUBLIC;`;

export const SCHEMA = `
  CREATE TABLE tenants (id uuid PRIMARY KEY);
  CREATE TABLE flags (name text NOT NULL, value boolean);
  GRANT SELECT ON flags TO PUBLIC;
  CREATE TYPE mood AS ENUM ('draft', 'open', 'closed');
  ${TABLES.map(tableOf).join('')}
  -- What an expression comes to over a table: the rows that pass, or an error.
  CREATE FUNCTION passing(expression text, source text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE result text;
    BEGIN
      EXECUTE format('SELECT count(*) FROM %s WHERE %s', source, expression) INTO result;
      RETURN result;
    EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
    END $$;
  -- The same for one row that is given, with rows of other tables beside it, as the application's role.
  CREATE FUNCTION witnessed(expression text, source text, given jsonb, others jsonb, who text) RETURNS text
    LANGUAGE plpgsql AS $$
    DECLARE result text; other jsonb;
    BEGIN
      FOR other IN SELECT jsonb_array_elements(others) LOOP
        EXECUTE format('INSERT INTO %s SELECT * FROM jsonb_populate_record(NULL::%1$s, $1)', other ->> 'table')
          USING other -> 'row';
      END LOOP;
      PERFORM set_config('role', who, true);
      EXECUTE format('SELECT coalesce((%s)::text, ''null'') FROM jsonb_populate_record(NULL::%s, $1) AS %2$s', expression, source)
        INTO result USING given;
      RAISE EXCEPTION 'done' USING ERRCODE = 'TN999', DETAIL = result;
    EXCEPTION WHEN SQLSTATE 'TN999' THEN
      GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
      RETURN result;
    WHEN OTHERS THEN RETURN 'error ' || SQLSTATE || ' ' || SQLERRM;
    END $$;
  -- Makes policies of expressions, those that PostgreSQL takes for conditions.
  CREATE FUNCTION make_policies(expressions text[], source text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      FOR i IN 1 .. array_length(expressions, 1) LOOP
        BEGIN
          EXECUTE format('CREATE POLICY p%s ON %I FOR SELECT USING (%s)', i, source, expressions[i]);
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN NULL;
        END;
      END LOOP;
    END $$;`;

/** Rows of every tenant, and of none, of many shapes; whole number `state` says what other tables hold. */
export function fill(table: Table, state: number): string {
  const [asked, other, third] = KEYS[table];
  const quote = (value: string) => `'${value}'`;
  const keys = [quote(asked), quote(other), quote(third), 'NULL'];
  const rows = Array.from({ length: 96 }, (_, i) => {
    const pick = <T>(values: readonly T[], factor: number) =>
      values[(i * factor + (i >> 3)) % values.length] ?? values[0];
    return `(${[
      keys[i % 4],
      pick([...keys, quote(other)], 7),
      pick(['NULL', '0', '1', '5', '-3'], 3),
      pick(['NULL', `''`, `'x'`, `'X'`, `'open'`, `'a_c'`, quote(other), quote(asked)], 5),
      pick(['true', 'false'], 3),
      pick(['NULL', `'ab'`, `'abcd'`, `''`], 5),
      pick(['NULL', `'ab'`, `'x'`], 7),
      pick(['NULL', `'infinity'`, `'-infinity'`, `'2020-01-01'`, 'now()'], 3),
      pick(['NULL', `'draft'`, `'open'`], 5),
      pick(['NULL', `'{}'`, `'{"kind": "open"}'`, `'{"kind": null, "open": true}'`], 7),
      pick(['NULL', `'{}'`, `'{open,x}'`], 5),
      pick(['NULL', i % 4 === 3 ? 'NULL' : String((i % 4) + 1)], 3),
      pick(['NULL', '0', '1.50'], 5),
    ].join(', ')})`;
  });
  const members = [
    '',
    `(${quote(asked)}, ${quote(asked)}, 'admin')`,
    `(${quote(asked)}, ${quote(asked)}, 'admin'), (${quote(other)}, ${quote(asked)}, 'x'), (${quote(third)}, ${quote(other)}, 'admin')`,
  ][state % 3];
  return `
    TRUNCATE ${table}, ${table}_parents, ${table}_members, flags;
    INSERT INTO ${table}_parents VALUES (${quote(asked)}, 1, 'x', true), (${quote(other)}, 2, 'x', true), (${quote(third)}, 3, NULL, false);
    ${members === '' ? '' : `INSERT INTO ${table}_members VALUES ${members};`}
    ${state === 0 ? '' : `INSERT INTO flags VALUES ('open', ${state === 1});`}
    INSERT INTO ${table} VALUES ${rows.join(',\n')};`;
}
