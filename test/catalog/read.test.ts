import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../src/catalog/read.js';
import type { CatalogSnapshot, Relation } from '../../src/catalog/snapshot.js';
import { databaseAt } from '../support/connect.js';
import { useTestDatabase } from '../support/database.js';

/** Names that need quotes, a search_path that hides the schema, and something of every kind. */
const SCHEMA = `
  CREATE ROLE leak_reader; CREATE ROLE leak_member IN ROLE leak_reader;
  CREATE SCHEMA "Odd.Schema";
  SET LOCAL search_path = "Odd.Schema";
  CREATE TYPE mood AS ENUM ('good', 'bad');
  CREATE DOMAIN share AS numeric(5, 2) CHECK (VALUE >= 0);
  CREATE DOMAIN half AS share CHECK (VALUE <= 50);
  CREATE TABLE "T one" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    m mood DEFAULT 'good',
    h half,
    tags character varying(10)[],
    twice numeric GENERATED ALWAYS AS (h * 2) STORED,
    self bigint,
    later text COLLATE "C",
    CONSTRAINT up FOREIGN KEY (self) REFERENCES "T one" ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    EXCLUDE (self WITH =)
  );
  CREATE UNIQUE INDEX lowered ON "T one" ((id + 1), self) INCLUDE (h) WHERE self > 0;
  ALTER TABLE "T one" ADD CONSTRAINT small CHECK (id < 9) NOT VALID;
  DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
      EXECUTE 'ALTER TABLE "T one" ADD CONSTRAINT present NOT NULL later NOT VALID';
    END IF;
  END $$;
  ALTER TABLE "T one" ENABLE ROW LEVEL SECURITY;
  CREATE FUNCTION is_good(m mood, VARIADIC more mood[] DEFAULT '{}') RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_temp AS 'BEGIN RETURN m = ''good''; END';
  CREATE POLICY ours ON "T one" AS RESTRICTIVE FOR UPDATE TO leak_reader USING (is_good(m)) WITH CHECK (self > 0);
  GRANT SELECT ON "T one" TO leak_reader WITH GRANT OPTION;
  GRANT UPDATE (self) ON "T one" TO PUBLIC;
  CREATE VIEW v WITH (security_barrier) AS SELECT id, m FROM "T one";
  CREATE MATERIALIZED VIEW mv AS SELECT id FROM v;
  CREATE TABLE part (id int PRIMARY KEY, t bigint REFERENCES "T one") PARTITION BY RANGE (id);
  CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (1) TO (9);
  CREATE TABLE to_part (id int REFERENCES part);
  CREATE RULE copy AS ON INSERT TO to_part DO ALSO DELETE FROM part;
  CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER note BEFORE INSERT ON to_part FOR EACH ROW EXECUTE FUNCTION noted();
  ALTER TABLE to_part DISABLE TRIGGER note;
  ALTER DEFAULT PRIVILEGES FOR ROLE leak_reader IN SCHEMA "Odd.Schema" GRANT SELECT ON TABLES TO PUBLIC;
  ALTER ROLE leak_member SET app.tenant = 'a=b';
  CREATE EXTENSION citext;
  SELECT lo_create(4712);`;

const db = useTestDatabase();
let client: pg.Client;
let snapshot: CatalogSnapshot;
const queries: string[] = [];

beforeAll(async () => {
  client = await db.client();
  await client.query('BEGIN');
  await client.query(SCHEMA);
  snapshot = await readCatalog(recording(client));
});
afterAll(() => client.query('ROLLBACK'));

function recording(real: pg.Client): pg.Client {
  const query = (text: string, values?: unknown[]) => {
    queries.push(text);
    return real.query(text, values);
  };
  return { query } as unknown as pg.Client;
}

function relation(name: string): Relation {
  const found = snapshot.relations.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no relation ${name}`);
  return found;
}

function oidOf(name: string): number {
  return relation(name).oid;
}

describe('readCatalog', () => {
  it('asks a fixed number of questions, and leaves the search path as it was', async () => {
    expect(queries.length).toBeLessThan(22);
    const first = queries.length;
    await client.query('SAVEPOINT s');
    await client.query(
      'CREATE TABLE more_1 (id int); CREATE TABLE more_2 (id int); CREATE VIEW more_3 AS SELECT 1 AS one',
    );
    await readCatalog(recording(client));
    await client.query('ROLLBACK TO SAVEPOINT s');
    expect(queries.length - first).toBe(first);
    const { rows } = await client.query('SHOW search_path');
    expect(rows).toEqual([{ search_path: '"Odd.Schema"' }]);
  });

  it('lists relations by schema and name, without those of the server', () => {
    expect(snapshot.relations.map(({ schema, name, kind }) => `${schema} ${name}: ${kind}`)).toEqual([
      'Odd.Schema T one: table',
      'Odd.Schema mv: materialized view',
      'Odd.Schema part: partitioned table',
      'Odd.Schema part_1: table',
      'Odd.Schema to_part: table',
      'Odd.Schema v: view',
    ]);
    expect(snapshot.schemas.map(({ name }) => name)).toEqual(['Odd.Schema', 'public']);
  });

  it('reads what a table is', () => {
    expect(relation('T one')).toMatchObject({
      ...{
        rowSecurity: true,
        forceRowSecurity: false,
        isPartition: false,
        parents: [],
        extension: undefined,
      },
      estimatedRows: -1,
    });
    expect(relation('part_1')).toMatchObject({ isPartition: true, parents: [oidOf('part')] });
    expect(relation('v')).toMatchObject({
      ...{ reads: [oidOf('T one')], securityBarrier: true, securityInvoker: false },
      viewDefinition: expect.stringContaining('FROM "Odd.Schema"."T one"'),
    });
    expect(relation('mv').reads).toEqual([oidOf('v')]);
  });

  it('reads columns, through domains to what they stand for', () => {
    const columns = new Map(relation('T one').columns.map((column) => [column.name, column]));
    expect(columns.get('id')).toMatchObject({ type: 'bigint', identity: 'always', notNull: true, number: 1 });
    expect(columns.get('id')).toMatchObject({ neverNull: true, collation: undefined });
    // PostgreSQL 18 knows NOT NULL that rows from before need not fulfil.
    const since18 = snapshot.server.versionNumber >= 180000;
    expect(columns.get('later')).toMatchObject({ notNull: since18, neverNull: false, collation: '"C"' });
    expect(columns.get('m')).toMatchObject({
      ...{ type: '"Odd.Schema".mood', typeKind: 'enum', enumLabels: ['good', 'bad'] },
      defaultExpression: `'good'::"Odd.Schema".mood`,
    });
    expect(columns.get('h')).toMatchObject({
      ...{ typeKind: 'domain', baseType: 'numeric(5,2)' },
      domainChecks: ['CHECK (((VALUE)::numeric <= (50)::numeric))', 'CHECK ((VALUE >= (0)::numeric))'],
    });
    expect(columns.get('tags')).toMatchObject({
      type: 'character varying(10)[]',
      elementType: 'character varying(10)',
    });
    expect(columns.get('twice')).toMatchObject({ generated: true });
    expect(columns.get('self')?.grants).toMatchObject([{ grantee: 'public', privilege: 'UPDATE' }]);
  });

  it('reads constraints, each foreign key once', () => {
    const named = (name: string) =>
      relation('T one').constraints.find((constraint) => constraint.name === name);
    expect(named('up')).toMatchObject({
      ...{
        kind: 'foreign key',
        columns: ['self'],
        deferrable: true,
        initiallyDeferred: true,
        validated: true,
      },
      foreignKey: { relation: oidOf('T one'), columns: ['id'], onDelete: 'cascade', match: 'simple' },
    });
    expect(named('small')).toMatchObject({ kind: 'check', validated: false });
    expect(named('T one_self_excl')).toMatchObject({
      kind: 'exclusion',
      columns: ['self'],
      operators: ['='],
    });
    expect(relation('to_part').constraints.map(({ name }) => name)).toEqual(['to_part_id_fkey']);
    const inherited = relation('part_1').constraints.map(({ kind, inherited: from }) => [kind, from]);
    expect(inherited.sort()).toEqual([
      ['foreign key', true],
      ['primary key', true],
    ]);
  });

  it('reads indexes: an expression is "", what is only included is left out', () => {
    const lowered = relation('T one').indexes.find(({ name }) => name === 'lowered');
    expect(lowered).toMatchObject({
      columns: ['', 'self'],
      unique: true,
      valid: true,
      predicate: '(self > 0)',
    });
    expect(lowered?.constraint).toBeUndefined();
    const primary = relation('T one').indexes.find((index) => index.primary);
    expect(primary).toMatchObject({ columns: ['id'], constraint: 'T one_pkey', inherited: false });
    expect(relation('part_1').indexes).toMatchObject([{ inherited: true }]);
  });

  it('reads policies, with every name of a user qualified', () => {
    expect(relation('T one').policies).toEqual([
      {
        ...{ name: 'ours', permissive: false, command: 'update', roles: ['leak_reader'] },
        ...{ using: '"Odd.Schema".is_good(m)', check: '(self > 0)' },
      },
    ]);
  });

  it('reads triggers and rules', () => {
    const noted = snapshot.functions.find(({ name }) => name === 'noted');
    expect(relation('to_part').triggers).toMatchObject([
      { name: 'note', enabled: 'disabled', function: noted?.oid },
    ]);
    expect(relation('to_part').rules).toMatchObject([
      { name: 'copy', event: 'insert', touches: [oidOf('part')] },
    ]);
    expect(relation('v').rules).toEqual([]);
  });

  it('reads functions', () => {
    expect(snapshot.functions.find(({ name }) => name === 'is_good')).toMatchObject({
      ...{
        arguments: 'm "Odd.Schema".mood, VARIADIC more "Odd.Schema".mood[]',
        argumentNames: ['m', 'more'],
        argumentTypes: ['"Odd.Schema".mood', '"Odd.Schema".mood[]'],
      },
      ...{ requiredArguments: 1, returns: 'boolean', kind: 'function', language: 'plpgsql' },
      ...{ securityDefiner: true, volatility: 'stable', settings: ['search_path=pg_temp'] },
      definition: expect.stringContaining('CREATE OR REPLACE FUNCTION'),
    });
    expect(snapshot.functions.filter(({ extension }) => extension === 'citext').length).toBeGreaterThan(5);
  });

  it('spells out privileges, the built-in ones included', () => {
    const { grants, owner } = relation('T one');
    expect(grants.filter(({ grantee }) => grantee === 'leak_reader')).toEqual([
      { grantee: 'leak_reader', grantor: owner, privilege: 'SELECT', grantable: true },
    ]);
    expect(relation('to_part').grants.map(({ grantee, privilege }) => `${grantee} ${privilege}`)).toContain(
      `${owner} TRUNCATE`,
    );
    const noted = snapshot.functions.find(({ name }) => name === 'noted');
    expect(noted?.grants).toContainEqual(
      expect.objectContaining({ grantee: 'public', privilege: 'EXECUTE' }),
    );
    expect(snapshot.largeObjects).toEqual([{ grantee: owner, privilege: 'SELECT', count: 1 }]);
    expect(snapshot.sequences).toMatchObject([
      { schema: 'Odd.Schema', ownedBy: { schema: 'Odd.Schema', relation: 'T one', column: 'id' } },
    ]);
  });

  it('reads roles, memberships, default privileges and settings', () => {
    const member = snapshot.roles.find(({ name }) => name === 'leak_member');
    expect(member).toMatchObject({ login: false, superuser: false, inherit: true });
    expect(member?.memberOf).toEqual([{ role: 'leak_reader', inherit: true, set: true, admin: false }]);
    const owner = snapshot.roles.find(({ name }) => name === snapshot.database.owner);
    expect(owner?.memberOf.map(({ role }) => role)).toContain('pg_database_owner');
    expect(snapshot.defaultPrivileges).toMatchObject([
      { owner: 'leak_reader', schema: 'Odd.Schema', objects: 'tables', grants: [{ grantee: 'public' }] },
    ]);
    expect(snapshot.settings).toContainEqual({
      ...{ role: 'leak_member', thisDatabase: false, name: 'app.tenant', value: 'a=b' },
    });
    expect(snapshot.extensions).toEqual(['citext', 'plpgsql']);
  });

  it('reads which columns ON DELETE SET NULL empties, where the server has a choice', async () => {
    const columns = snapshot.server.versionNumber >= 150000 ? '(b)' : '';
    await client.query('SAVEPOINT s');
    await client.query(`
      CREATE TABLE above (a int, b int, PRIMARY KEY (a, b));
      CREATE TABLE below (a int, b int, FOREIGN KEY (a, b) REFERENCES above ON DELETE SET NULL ${columns},
        FOREIGN KEY (b, a) REFERENCES above ON DELETE SET NULL, FOREIGN KEY (a, a) REFERENCES above)`);
    const { relations } = await readCatalog(client);
    await client.query('ROLLBACK TO SAVEPOINT s');
    const below = relations.find(({ name }) => name === 'below');
    expect(
      below?.constraints.map(({ columns, foreignKey }) => [columns.join(), foreignKey?.deleteSetColumns]),
    ).toEqual([
      ['a,a', []],
      ['a,b', columns === '' ? [] : ['b']],
      ['b,a', []],
    ]);
  });

  it.each([{ pipelined: true }, {}])('fails once, whatever fails of it: %j', async (mode) => {
    const { connect } = await databaseAt(db.url);
    await connect(async (other) => {
      await other.query('BEGIN');
      await expect(other.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
      // A rejection that nobody waits for would end the process, and this test run.
      await expect(readCatalog(other)).rejects.toMatchObject({ code: '25P02' });
    }, mode);
  });
});
