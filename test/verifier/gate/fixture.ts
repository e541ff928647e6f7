import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { quoteIdent } from '../../../src/identifiers.js';
import { type MigrateOptions, type MigrateResult, migrate } from '../../../src/migrator/migrate.js';
import type { TenancyConfig } from '../../../src/tenancy/config.js';
import { type GateInput, type Judgement, openGate } from '../../../src/verifier/gate/gate.js';
import { databaseAt } from '../../support/connect.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { openShop, type Shop, TENANCY } from '../probe/shop.js';

/** A healthy database, and migrations on it that have to pass the gate. */
export interface GatedShop extends Shop {
  /** Writes files of SQL, `:app` for the login, and runs what is pending. */
  migrate(files: Readonly<Record<string, string>>, options?: GatedOptions): Promise<Gated>;
  /** The files in knex's ledger. */
  ledger(): Promise<string[]>;
}

export interface GatedOptions extends Partial<GateInput>, Pick<MigrateOptions, 'singleTransaction'> {
  changes?: Partial<TenancyConfig>;
  /** Who migrates; the superuser by default. */
  url?: string;
}

export interface Gated extends Judgement {
  result: MigrateResult;
  /** Check and object → the files after which it was first seen. */
  opened: Record<string, string[]>;
}

export async function openGatedShop(): Promise<GatedShop> {
  const shop = await openShop();
  const directory = path.join(await temporaryDirectory(), 'migrations');
  await mkdir(directory);
  const migrations = { directories: [directory], tableName: 'knex_migrations', schemaName: undefined };
  return {
    ...shop,
    migrate: async (files, { changes, url, singleTransaction, ...input } = {}) => {
      for (const [file, sql] of Object.entries(files)) {
        const text = sql.replaceAll(':app', quoteIdent(shop.login.role));
        await writeFile(
          path.join(directory, file),
          text.startsWith('-- ') ? text : `-- migrate:up\n${text};`,
        );
      }
      const database = await databaseAt(url ?? shop.db.url);
      const tenancy = { ...TENANCY, appRole: shop.login.role, ...changes };
      const common = { onEvent: () => {}, signal: input.signal };
      const gate = openGate({
        ...{ tenancy, database, timeoutMs: 30_000, now: new Date('2026-06-01') },
        ...{ ...common, ...input },
      });
      const result = await migrate(database, {
        ...{ migrations, lockWaitMs: 5_000, singleTransaction, gate, ...common },
      });
      const judgement = gate.judgement();
      const opened = judgement.holes.map(({ check, object, after }) => [`${check} ${object}`, after]);
      return { ...judgement, result, opened: Object.fromEntries(opened) };
    },
    ledger: async () => {
      const rows = await shop.db.query<{ name: string }>('select name from knex_migrations order by id');
      return rows.map(({ name }) => name);
    },
  };
}
