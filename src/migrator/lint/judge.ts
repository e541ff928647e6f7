import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import { changesCatalog, type Parsed, parseText, shownName, subjectOf } from './parse.js';
import type { Relations } from './relations.js';
import type { Advice, UnsafeRule } from './rule.js';
import { UNSAFE_RULES } from './rules/index.js';
import { askSquawk, findSquawk } from './squawk.js';

/** What a rule says of one of the texts that were given. */
export interface Judgement extends Advice {
  rule: UnsafeRule;
  /** Which text. */
  text: number;
  object: string;
  /** It is nobody's table yet: no finding, though a waiver for it is of use where it is somebody's. */
  harmless: boolean;
}

interface Candidate {
  statement: Parsed;
  text: number;
  harmless: boolean;
}

/** Asks squawk about the statements that do something to tables in use. */
export class Judge {
  #squawk: { binary: string } | { missing: string } | undefined;

  constructor(
    readonly client: Client,
    readonly onEvent: OnEvent,
    readonly serverVersion: number,
  ) {}

  /**
   * Judges texts, of one statement or several, that are about to be sent in this order.
   *
   * @param relations what is in use; it learns what the texts rename and drop
   * @param everything also judges what is done to tables that nobody uses yet
   * @returns what it has to say, and whether they may change the catalog
   */
  async judge(
    texts: readonly string[],
    inTransaction: boolean,
    relations: Relations,
    everything: boolean,
  ): Promise<{ judgements: Judgement[]; changesCatalog: boolean }> {
    let changes = false;
    const candidates: Candidate[] = [];
    for (const [text, each] of texts.entries()) {
      for (const statement of await parseText(each)) {
        const harmless = !relations.isTouchedBy(statement.node);
        if (!harmless || (everything && isOfInterest(statement)))
          candidates.push({ statement, text, harmless });
        relations.note(statement.node);
        changes ||= changesCatalog(statement.node);
      }
    }
    const judgements = candidates.length === 0 ? [] : await this.#weigh(candidates, inTransaction);
    return { judgements, changesCatalog: changes };
  }

  async #weigh(candidates: readonly Candidate[], inTransaction: boolean): Promise<Judgement[]> {
    const verdicts = await this.#ask(
      candidates.map(({ statement }) => statement.text),
      inTransaction,
    );
    const found: Judgement[] = [];
    for (const [index, { statement, text, harmless }] of candidates.entries()) {
      for (const rule of UNSAFE_RULES) {
        if (!rule.squawk.some((name) => verdicts[index]?.has(name))) continue;
        if (rule.applies && !rule.applies(statement)) continue;
        const proven = !harmless && (await rule.isHarmless?.(this.client, statement));
        const advice = await rule.advise(statement);
        found.push({
          rule,
          text,
          object: shownName(subjectOf(statement)),
          harmless: harmless || proven === true,
          ...advice,
        });
      }
    }
    return found;
  }

  /** Whether statements are judged at all on this platform. */
  get isAble(): boolean {
    return this.#squawk === undefined || 'binary' in this.#squawk;
  }

  async #ask(statements: readonly string[], inTransaction: boolean): Promise<ReadonlySet<string>[]> {
    if (this.#squawk === undefined) {
      this.#squawk = findSquawk();
      if ('missing' in this.#squawk) this.#give(this.#squawk.missing);
    }
    if ('missing' in this.#squawk) return [];
    try {
      const options = { serverVersion: this.serverVersion, inTransaction };
      const verdicts = await askSquawk(this.#squawk.binary, statements, options);
      const unread = verdicts.findIndex((verdict) => verdict.has('syntax-error'));
      if (unread !== -1) this.#give(`squawk cannot read ${JSON.stringify(statements[unread]?.trim())}`);
      return verdicts;
    } catch (error) {
      this.#squawk = { missing: error instanceof Error ? error.message : String(error) };
      this.#give(this.#squawk.missing);
      return [];
    }
  }

  #give(reason: string): void {
    this.onEvent({ kind: 'warning', text: `Not judged whether statements are safe: ${reason}` });
  }
}

/** Kinds that squawk has something to say of. */
function isOfInterest({ node }: Parsed): boolean {
  return [
    'IndexStmt',
    'AlterTableStmt',
    'DropStmt',
    'RenameStmt',
    'TruncateStmt',
    'ReindexStmt',
    'VacuumStmt',
  ].some((kind) => kind in node);
}
