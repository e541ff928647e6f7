import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCatalog } from '../../src/catalog/read.js';
import { classify } from '../../src/tenancy/classify.js';
import type { TenancyConfig } from '../../src/tenancy/config.js';
import type { TenancyModel } from '../../src/tenancy/model.js';
import { useTestDatabase } from '../support/database.js';
import { baseConfig } from '../support/leaks.js';

const db = useTestDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await db.client();
});
beforeEach(() => client.query('BEGIN'));
afterEach(() => client.query('ROLLBACK'));

const ROOT = 'CREATE TABLE tenants (id uuid PRIMARY KEY, slug text UNIQUE);';

async function classified(sql: string, changes: Partial<TenancyConfig> = {}): Promise<TenancyModel> {
  await client.query(sql);
  return classify(await readCatalog(client), { ...baseConfig('public'), shared: [], ...changes });
}

/** 'kids: tenant by tenant_id' */
function shown({ relations }: TenancyModel): string[] {
  return relations.map(({ relation, class: kind, tenantColumn, path }) => {
    const column = tenantColumn === undefined ? '' : ` by ${tenantColumn}`;
    const through = path.map((step) => ` > ${step.constraint}`).join('');
    return `${relation.name}: ${kind}${column}${through}`;
  });
}

const named = (name: string, schema = 'public') => ({ schema, name });

describe('classify', () => {
  it('takes the first of the tenant columns that a relation has, views included', async () => {
    const model = await classified(
      `${ROOT} CREATE TABLE a (org uuid, tenant_id uuid); CREATE TABLE b (org uuid);
       CREATE VIEW c AS SELECT org FROM a; CREATE TABLE d (id int);`,
      { columns: ['tenant_id', 'org'] },
    );
    expect(shown(model)).toEqual([
      ...['a: tenant by tenant_id', 'b: tenant by org', 'c: tenant by org', 'd: untenanted'],
      'tenants: root by id',
    ]);
  });

  it('takes the column that the configuration names for a relation, the root too', async () => {
    const model = await classified(`${ROOT} CREATE TABLE a (owner text, tenant_id uuid)`, {
      columnOverrides: [
        { relation: named('a'), column: 'owner' },
        { relation: named('tenants'), column: 'slug' },
      ],
    });
    expect(shown(model)).toEqual(['a: tenant by owner', 'tenants: root by slug']);
  });

  it('knows the root by what tenant columns refer to', async () => {
    const model = await classified(
      `CREATE TABLE tenants (number int PRIMARY KEY, id uuid UNIQUE, region int);
       CREATE TABLE a (tenant_id uuid REFERENCES tenants (id));`,
    );
    expect(shown(model)).toEqual(['a: tenant by tenant_id', 'tenants: root by id']);
  });

  it('follows foreign keys by the shortest way, NOT NULL first, and says which', async () => {
    const model = await classified(
      `${ROOT}
       CREATE TABLE projects (id int PRIMARY KEY, tenant_id uuid REFERENCES tenants);
       CREATE TABLE tasks (id int PRIMARY KEY, maybe int REFERENCES projects, project int NOT NULL REFERENCES projects);
       CREATE TABLE notes (id int, task int REFERENCES tasks);
       CREATE TABLE owned (id int, owner uuid REFERENCES tenants);
       CREATE TABLE moved (id int, from_id uuid REFERENCES tenants, to_id uuid REFERENCES tenants);`,
    );
    expect(shown(model)).toEqual([
      'moved: tenant > moved_from_id_fkey',
      'notes: tenant > notes_task_fkey > tasks_project_fkey',
      'owned: tenant by owner',
      'projects: tenant by tenant_id',
      'tasks: tenant > tasks_project_fkey',
      'tenants: root by id',
    ]);
    const tasks = model.relations.find(({ relation }) => relation.name === 'tasks');
    expect(tasks?.path).toMatchObject([{ columns: ['project'], references: ['id'] }]);
    expect(tasks?.reason).toBe('no tenant column; foreign key tasks_project_fkey leads to projects');
  });

  it('does not follow foreign keys to what is shared', async () => {
    const model = await classified(
      `${ROOT} CREATE TABLE countries (code text PRIMARY KEY, tenant_id uuid);
       CREATE TABLE cities (country text REFERENCES countries);
       CREATE VIEW names AS SELECT code FROM countries;`,
      { shared: [{ relation: named('countries'), reason: 'the world is the same for all' }] },
    );
    expect(shown(model)).toEqual([
      'cities: untenanted',
      'countries: shared',
      'names: shared',
      'tenants: root by id',
    ]);
    expect(model.relations[1]?.reason).toBe('the world is the same for all');
  });

  it('sees what inherits, what is inherited from, and what is read', async () => {
    const model = await classified(
      `${ROOT} CREATE TABLE above (note text); CREATE TABLE kids (tenant_id uuid, note text) INHERITS (above);
       CREATE TABLE tasks (id int PRIMARY KEY, owner uuid REFERENCES tenants); CREATE TABLE old_tasks () INHERITS (tasks);
       CREATE MATERIALIZED VIEW notes AS SELECT note FROM kids; CREATE VIEW firsts AS SELECT note FROM notes;
       CREATE VIEW one AS SELECT 1 AS one;`,
    );
    expect(shown(model)).toEqual([
      ...[
        'above: tenant',
        'firsts: tenant',
        'kids: tenant by tenant_id',
        'notes: tenant',
        'old_tasks: tenant',
      ],
      ...['one: untenanted', 'tasks: tenant by owner', 'tenants: root by id'],
    ]);
  });

  it('leaves bookkeeping and extensions alone', async () => {
    const model = await classified(
      `${ROOT} CREATE SCHEMA IF NOT EXISTS tenantctl; CREATE TABLE tenantctl.log (tenant_id uuid);
       CREATE TABLE schema_migrations (); CREATE TABLE "SequelizeMeta" (); CREATE TABLE history (); CREATE TABLE history_lock ();
       CREATE EXTENSION pg_stat_statements SCHEMA public;`,
      { ledgerTable: 'history' },
    );
    expect(shown(model).filter((line) => !line.endsWith(': internal'))).toEqual(['tenants: root by id']);
    expect(shown(model)).toHaveLength(8);
  });

  it('finds quoted names in any schema', async () => {
    const model = await classified(
      `CREATE SCHEMA "Shop.EU"; CREATE TABLE "Shop.EU"."Tenants" ("Id" text PRIMARY KEY);
       CREATE TABLE "Shop.EU"."Orders" ("TenantId" text REFERENCES "Shop.EU"."Tenants");`,
      { schemas: ['Shop.EU'], root: named('Tenants', 'Shop.EU'), columns: ['TenantId'] },
    );
    expect(shown(model)).toEqual(['Orders: tenant by TenantId', 'Tenants: root by Id']);
  });

  it('has nothing to say of a database in which only tools have been', async () => {
    expect(shown(await classified('CREATE TABLE knex_migrations (id int)'))).toEqual([
      'knex_migrations: internal',
    ]);
  });

  it('has nothing to say of an empty database', async () => {
    expect(await classified('', { shared: [{ relation: named('x'), reason: 'y' }] })).toMatchObject({
      ...{ relations: [], root: undefined },
    });
  });

  it.each<[string, Partial<TenancyConfig>, string, RegExp]>([
    ['a misspelt root', { root: named('tenant') }, 'RELATION_UNKNOWN', /^did you mean: public\.tenants/],
    [
      'a root far off',
      { root: named('zzzzzzzzzzzz') },
      'RELATION_UNKNOWN',
      /^there are: public\.kids, public\.tenants$/,
    ],
    [
      'a misspelt shared relation',
      { shared: [{ relation: named('kid'), reason: 'x' }] },
      'RELATION_UNKNOWN',
      /^did you mean: public\.kids/,
    ],
    ['a missing schema', { schemas: ['public', 'shop'] }, 'SCHEMA_UNKNOWN', /public/],
    [
      'a missing column',
      { columnOverrides: [{ relation: named('kids'), column: 'tenantid' }] },
      'COLUMN_UNKNOWN',
      /^did you mean: tenant_id$/,
    ],
    [
      'a fixture of nothing',
      { fixtures: [{ relation: named('kidz'), statements: [] }] },
      'RELATION_UNKNOWN',
      /kids/,
    ],
    [
      'a shared root',
      { shared: [{ relation: named('tenants'), reason: 'x' }] },
      'ROOT_IS_SHARED',
      /tenancy\.shared/,
    ],
  ])('refuses %s', async (_, changes, code, hint) => {
    await expect(classified(`${ROOT} CREATE TABLE kids (tenant_id uuid)`, changes)).rejects.toMatchObject({
      ...{ kind: 'usage', code },
      message: expect.stringMatching(/^Cannot .+: .+\.$/),
      hint: expect.stringMatching(hint),
    });
  });

  it('refuses a root without a key of one column', async () => {
    await expect(classified('CREATE TABLE tenants (a int, b int, PRIMARY KEY (a, b))')).rejects.toMatchObject(
      {
        ...{ kind: 'usage', code: 'ROOT_WITHOUT_KEY' },
      },
    );
  });
});
