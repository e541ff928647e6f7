import { displayName } from '../../identifiers.js';
import type { Statement } from '../../postgres/statements.js';
import type { Turn } from '../execution/turn.js';
import type { LintFinding } from './finding.js';
import type { Judge, Judgement } from './judge.js';
import type { Relations } from './relations.js';
import type { TenancyFault, TenancyRule } from './rule.js';
import { RULES } from './rules/index.js';
import { waiverUnused } from './rules/waivers/waiver-unused.js';
import type { Waiver } from './waivers.js';

/** What the lint says of one file, in one attempt at it. */
export class FileLint {
  readonly findings: LintFinding[] = [];
  /** How many statements were sent. */
  sent = 0;
  /** Whether one of its statements may change what the catalog says. */
  changesCatalog = false;
  /** Its statements are done, and what they did outside a transaction is committed. */
  #ended = false;
  readonly #used = new Set<Waiver>();

  constructor(
    readonly turn: Turn,
    readonly judging: Judge,
    readonly relations: Relations,
    readonly waivers: readonly Waiver[],
  ) {}

  /** What a refusal now would leave of it. */
  get left(): 'nothing' | 'part' | 'everything' {
    if (this.turn.step.transaction || this.sent === 0) return 'nothing';
    return this.#ended ? 'everything' : 'part';
  }

  /** All that is to be sent of a .sql file, before its first statement. */
  async judgeAll(statements: readonly Statement[]): Promise<LintFinding[]> {
    // What an earlier run has finished is not sent again.
    const done = this.turn.step.transaction ? 0 : (this.turn.past?.finished.length ?? 0);
    const rest = statements.slice(done);
    for (const judgement of await this.#judge(rest.map(({ text }) => text))) {
      const statement = rest[judgement.text];
      this.#note(
        judgement,
        statement,
        statement && this.#waiverOver(judgement.rule.id, statement, statements),
      );
    }
    return [...this.findings];
  }

  /** A statement of code's, before it is sent. */
  async judge(text: string): Promise<LintFinding[]> {
    const before = this.findings.length;
    for (const judgement of await this.#judge([text])) {
      this.#note(judgement, undefined, this.#waiver(judgement.rule.id), text);
    }
    return this.findings.slice(before);
  }

  /**
   * What it has made by its end, and which of its waivers were of no use.
   *
   * @param canJudge whether squawk is there
   * @param hasTenants whether there are tenants to judge by
   */
  judgeEnd(
    faults: readonly { rule: TenancyRule; fault: TenancyFault }[],
    canJudge: boolean,
    hasTenants: boolean,
  ): LintFinding[] {
    this.#ended = true;
    const before = this.findings.length;
    for (const { rule, fault } of faults) {
      const waiver = this.#waiver(rule.id);
      const { schema, object, severity = rule.severity, detail, recipe } = fault;
      this.findings.push({
        ...{ rule: rule.id, severity, file: this.turn.file, line: null, statement: null },
        ...{ object: displayName({ schema, name: object }), detail, recipe, waived: waiver?.reason ?? null },
      });
    }
    const judged = new Set(
      RULES.filter(({ family }) => (family === 'unsafe' ? canJudge : hasTenants)).map(({ id }) => id),
    );
    for (const waiver of this.waivers) {
      if (this.#used.has(waiver) || !judged.has(waiver.rule)) continue;
      this.findings.push({
        ...{
          rule: waiverUnused.id,
          severity: waiverUnused.severity,
          file: this.turn.file,
          line: waiver.line,
        },
        ...{ statement: null, object: null, waived: null },
        detail: `nothing that it stands for does what ${waiver.rule} is about`,
        recipe: '-- leave it out',
      });
    }
    return this.findings.slice(before);
  }

  async #judge(texts: readonly string[]): Promise<Judgement[]> {
    const rules = new Set(this.waivers.map(({ rule }) => rule));
    const everything = RULES.some(({ id, family }) => family === 'unsafe' && rules.has(id));
    const { transaction } = this.turn.step;
    const judged = await this.judging.judge(texts, transaction, this.relations, everything);
    this.changesCatalog ||= judged.changesCatalog;
    return judged.judgements;
  }

  #note(
    judgement: Judgement,
    place: Statement | undefined,
    waiver: Waiver | undefined,
    text = place?.text,
  ): void {
    const { rule, object, detail, recipe, harmless } = judgement;
    if (harmless) return;
    this.findings.push({
      ...{ rule: rule.id, severity: rule.severity, file: this.turn.file, line: place?.line ?? null },
      ...{
        statement: text?.trim() ?? null,
        object: object || null,
        detail,
        recipe,
        waived: waiver?.reason ?? null,
      },
    });
  }

  /** In code, and for what a file makes by its end, a waiver holds for the file. */
  #waiver(rule: string): Waiver | undefined {
    return this.#use(this.waivers.filter((waiver) => waiver.rule === rule));
  }

  /** On the lines of a statement, or above it and below the one before. */
  #waiverOver(rule: string, statement: Statement, statements: readonly Statement[]): Waiver | undefined {
    return this.#use(
      this.waivers.filter(
        (waiver) => waiver.rule === rule && statementAt(waiver.line, statements) === statement,
      ),
    );
  }

  #use(waivers: readonly Waiver[]): Waiver | undefined {
    for (const waiver of waivers) this.#used.add(waiver);
    return waivers[0];
  }
}

function statementAt(line: number, statements: readonly Statement[]): Statement | undefined {
  const on = statements.find((each) => each.line <= line && line < each.line + each.text.split('\n').length);
  return on ?? statements.find((each) => each.line > line);
}
