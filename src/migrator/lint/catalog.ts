import { readTables } from '../../catalog/read.js';
import type { CatalogSnapshot } from '../../catalog/snapshot.js';
import type { Client } from '../../postgres/connect.js';
import { withTransaction } from '../../postgres/transaction.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import type { TenancyModel } from '../../tenancy/model.js';
import { classifySoFar } from '../../tenancy/so-far.js';
import type { KeyFault, TenancyFault, TenancyRule } from './rule.js';
import { TENANCY_RULES } from './rules/index.js';

type AuditKeys = (snapshot: CatalogSnapshot, model: TenancyModel) => Promise<readonly KeyFault[]>;

/** What is known of the catalog at one moment. */
interface State {
  snapshot: CatalogSnapshot;
  model: TenancyModel | undefined;
  keys: readonly KeyFault[];
}

/** Compares the catalog by the end of each file with what it was before. */
export class CatalogWatch {
  /** Before each file, since a file, or all of them, may be tried again. */
  readonly #states: State[];

  private constructor(
    readonly client: Client,
    readonly config: TenancyConfig,
    readonly auditKeys: AuditKeys,
    before: State,
  ) {
    this.#states = [before];
  }

  static async open(
    client: Client,
    config: TenancyConfig,
    auditKeys: AuditKeys = NO_KEYS,
  ): Promise<CatalogWatch> {
    const before = await readAlone(client, config, auditKeys);
    return new CatalogWatch(client, config, auditKeys, before);
  }

  /**
   * Judges what a file has made.
   *
   * @param at its place in the run
   * @param changed whether it may have changed the catalog at all
   * @param inTransaction whether it has run in a transaction, which is open
   */
  async judge(
    at: number,
    changed: boolean,
    inTransaction: boolean,
  ): Promise<{ rule: TenancyRule; fault: TenancyFault }[]> {
    const before = this.#states[at];
    if (!before) throw new Error(`file ${at + 1} ends before the one that it comes after`);
    const read = inTransaction ? readState : readAlone;
    const after = changed ? await read(this.client, this.config, this.auditKeys) : before;
    this.#states[at + 1] = after;
    const { model, snapshot } = after;
    if (!model || !changed) return [];
    const known = new Set(before.keys.map(({ key }) => key));
    const keys = after.keys.filter(({ key }) => !known.has(key));
    const change = { before: before.snapshot, after: snapshot, model, keys };
    return TENANCY_RULES.filter((rule) => this.config.isolation === 'rls' || !rule.onlyUnderRls).flatMap(
      (rule) => [...rule.find(change)].map((fault) => ({ rule, fault })),
    );
  }
}

const NO_KEYS: AuditKeys = async () => [];

async function readState(client: Client, config: TenancyConfig, auditKeys: AuditKeys): Promise<State> {
  const snapshot = await readTables(client);
  const model = classifySoFar(snapshot, config);
  return { snapshot, model, keys: model ? await auditKeys(snapshot, model) : [] };
}

function readAlone(client: Client, config: TenancyConfig, auditKeys: AuditKeys): Promise<State> {
  return withTransaction(client, 'repeatable read, read only', () => readState(client, config, auditKeys));
}
