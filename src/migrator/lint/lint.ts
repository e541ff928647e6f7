import type { CatalogSnapshot } from '../../catalog/snapshot.js';
import type { OnEvent } from '../../events.js';
import type { Around } from '../../postgres/around.js';
import { type Client, serverVersion } from '../../postgres/connect.js';
import type { Session } from '../../postgres/session.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import type { TenancyModel } from '../../tenancy/model.js';
import type { Turn } from '../execution/turn.js';
import type { Watch } from '../execution/watch.js';
import type { Ledger } from '../ledger/ledger.js';
import { CatalogWatch } from './catalog.js';
import { FileLint } from './file.js';
import { isFatal, type LintFinding, sortFindings } from './finding.js';
import { Judge } from './judge.js';
import { Relations } from './relations.js';
import type { KeyFault } from './rule.js';
import { readWaivers, type Waiver } from './waivers.js';

export type LintLevel = 'error' | 'warn' | 'off';

export interface LintOptions {
  level: LintLevel;
  /** Without it there are no tenants to judge by. */
  tenancy?: TenancyConfig | undefined;
  /** What verify-tenancy's checks of keys say of a catalog. */
  auditKeys?: ((snapshot: CatalogSnapshot, model: TenancyModel) => Promise<readonly KeyFault[]>) | undefined;
}

/** What a lint has found so far; part of the JSON document. */
export interface LintResult {
  level: LintLevel;
  findings: LintFinding[];
  /** The file that was refused for its findings, and what had been done of it. */
  refused: { name: string; left: 'nothing' | 'part' | 'everything' } | null;
}

/** A file is refused for what the lint has found in it. */
export class LintRefusal extends Error {
  constructor(readonly file: string) {
    super('the lint says no');
  }
}

/**
 * Makes the lint of a run, which looks on as its files run.
 *
 * @param turns what is about to run
 * @throws TenantctlError usage: a waiver that is not acceptable
 */
export async function openLint(
  client: Client,
  ledger: Ledger,
  turns: readonly Turn[],
  { level, tenancy, auditKeys }: LintOptions,
  onEvent: OnEvent,
): Promise<Lint> {
  const waivers = await Promise.all(turns.map(({ step }) => readWaivers(step.source.path, step.text)));
  const judge = new Judge(client, onEvent, serverVersion(client));
  const catalog = tenancy && (await CatalogWatch.open(client, tenancy, auditKeys));
  return new Lint(level, turns, waivers, judge, await Relations.read(client, ledger), catalog, onEvent);
}

/** Judges each statement before it is sent, and what a file has made by its end. */
export class Lint implements Watch {
  readonly result: LintResult;
  readonly #files: FileLint[] = [];
  /** What is in use before each file, since a file, or all of them, may be tried again. */
  readonly #relations: Relations[];

  constructor(
    level: LintLevel,
    readonly turns: readonly Turn[],
    readonly waivers: readonly (readonly Waiver[])[],
    readonly judge: Judge,
    relations: Relations,
    readonly catalog: CatalogWatch | undefined,
    readonly onEvent: OnEvent,
  ) {
    this.result = { level, findings: [], refused: null };
    this.#relations = [relations];
  }

  async begin(turn: Turn): Promise<Around> {
    const at = this.turns.indexOf(turn);
    const relations = this.#relations[at]?.copy();
    if (!relations) throw new Error(`${turn.file} begins before the file that it comes after has ended`);
    const file = new FileLint(turn, this.judge, relations, this.waivers[at] ?? []);
    this.#files[at] = file;
    const { work } = turn.step;
    // Where nothing is in use and nobody asks what changes, there is nothing to know of a statement.
    const idle = relations.isEmpty && this.catalog === undefined && file.waivers.length === 0;
    if (work.kind === 'sql' && !idle) this.#speak(file, await file.judgeAll(work.statements));
    return async (statement, send) => {
      if (this.result.refused) throw new LintRefusal(turn.file);
      if (work.kind === 'knex' && !idle) this.#speak(file, await file.judge(statement.text));
      file.sent += 1;
      return send();
    };
  }

  async statementsDone(turn: Turn, session: Session): Promise<void> {
    // Code may have swallowed the refusal of a statement.
    if (this.result.refused) throw new LintRefusal(turn.file);
    if (!turn.step.transaction) return;
    if (this.catalog) await session.restore();
    await this.committed(turn);
  }

  async committed(turn: Turn): Promise<void> {
    const at = this.turns.indexOf(turn);
    const file = this.#files[at];
    if (!file) return;
    this.#relations[at + 1] = file.relations;
    const faults = await this.catalog?.judge(at, file.changesCatalog, turn.step.transaction);
    this.#speak(file, file.judgeEnd(faults ?? [], this.judge.isAble, this.catalog !== undefined));
  }

  /** Tells at once of what is dangerous, and refuses the file where that is wanted. */
  #speak(file: FileLint, found: readonly LintFinding[]): void {
    this.result.findings = sortFindings(this.#files.flatMap(({ findings }) => findings));
    const fatal = found.filter(isFatal);
    if (fatal.length === 0) return;
    const { file: name } = file.turn;
    if (this.result.level === 'error') {
      this.result.refused = { name, left: file.left };
      throw new LintRefusal(name);
    }
    // Of what is done already, the report tells.
    for (const { rule, line, detail, statement } of fatal) {
      if (statement === null) continue;
      const place = line === null ? name : `${name}:${line}`;
      this.onEvent({ kind: 'warning', text: `${place}: ${rule}: ${detail}` });
    }
  }
}
