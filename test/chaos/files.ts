/** Makes each thing that a run can be stopped in, five times over: 30 files. Each effect would show if it came twice. */
export function chaosFiles(): Record<string, string> {
  const rounds = [1, 2, 3, 4, 5];
  return Object.assign({}, ...rounds.map(round));
}

function round(n: number): Record<string, string> {
  const place = (file: number) => String((n - 1) * 6 + file).padStart(2, '0');
  // One TypeScript file of each kind will do: their compiler takes half a second.
  const extension = n === 2 ? 'ts' : 'cjs';
  return {
    [`${place(1)}_table.sql`]: `-- migrate:up
create table items_${n} (id integer primary key, name text not null);
insert into items_${n} select i, 'item ' || i from generate_series(1, 3000) i;
${effect(`table ${n}`)};
-- migrate:down
drop table items_${n};
`,
    [`${place(2)}_builder.${extension}`]: code(extension, true, [
      `await knex.schema.createTable('notes_${n}', (t) => {
    t.increments();
    t.integer('item').references('items_${n}.id').index();
  });`,
      `await knex('notes_${n}').insert([{ item: 1 }, { item: 2 }]);`,
      `await knex.raw(${JSON.stringify(effect(`builder ${n}`))});`,
    ]),
    [`${place(3)}_statements.sql`]: `-- migrate:up transaction:false
alter table items_${n} add column rank integer;
update items_${n} set rank = coalesce(rank, 0) + id;
${effect(`statements ${n}, first`)};
set statement_timeout = '1min';
do $$ begin perform pg_sleep(0.02); end $$;
${effect(`statements ${n}, last`)};
`,
    [`${place(4)}_builder_outside.${extension}`]: code(extension, false, [
      `await knex.schema.alterTable('items_${n}', (t) => { t.integer('views').notNullable().defaultTo(0); });`,
      `await knex('items_${n}').increment('views', 1);`,
      `await knex.transaction(async (trx) => {
    await trx.raw(${JSON.stringify(effect(`outside ${n}, one transaction`))});
    await trx('items_${n}').where('id', '<', 10).increment('views', 1);
  });`,
      `await knex.raw(${JSON.stringify(effect(`outside ${n}, last`))});`,
    ]),
    [`${place(5)}_index.sql`]: `-- migrate:up transaction:false
create index concurrently if not exists items_${n}_name on items_${n} (name);
create unique index concurrently items_${n}_slow on items_${n} (slowly(id)) where id <= 10;
reindex index concurrently items_${n}_name;
${effect(`index ${n}`)};
`,
    [`${place(6)}_index_dropped.${extension}`]: code(extension, false, [
      `await knex.raw('create index concurrently items_${n}_gone on items_${n} (rank)');`,
      `await knex.raw('drop index concurrently items_${n}_gone');`,
      `await knex.raw('vacuum items_${n}');`,
      `await knex.raw(${JSON.stringify(effect(`dropped ${n}`))});`,
    ]),
  };
}

/** What stands before the first file. */
export const BEFORE = `
  create table effects (what text);
  create function slowly(i integer) returns integer immutable language plpgsql
    as $$ begin perform pg_sleep(0.01); return i; end $$`;

function effect(what: string): string {
  return `insert into effects values ('${what}')`;
}

function code(extension: string, transaction: boolean, statements: readonly string[]): string {
  const body = statements.map((statement) => `  ${statement}`).join('\n');
  const config = transaction ? '' : 'config = { transaction: false };\n';
  return extension === 'ts'
    ? `import type { Knex } from 'knex';\n${config && `export const ${config}`}export async function up(knex: Knex): Promise<void> {\n${body}\n}\nexport async function down(): Promise<void> {}\n`
    : `${config && `exports.${config}`}exports.up = async (knex) => {\n${body}\n};\nexports.down = async () => {};\n`;
}
