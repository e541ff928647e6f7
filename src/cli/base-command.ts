import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { TenantctlError } from '../errors.js';
import type { OnEvent } from '../events.js';
import type { Database } from '../postgres/database.js';
import type { Target } from '../postgres/server.js';
import type { ConnectionChoice } from '../postgres/settings.js';
import type { Report, ReportDocument } from '../report/report.js';
import type { ReportTarget } from '../report/reports.js';
import { deliver } from './deliver.js';
import { EXIT_CODES, exitCodeFor } from './exit-codes.js';
import { failureOf } from './failure.js';
import { guarded } from './guard.js';
import { redactor } from './output.js';
import { settlePassword } from './password.js';
import { openProgress, type ProgressView } from './progress.js';
import { loadPens } from './show.js';
import { type SignalWatch, watchSignals } from './signals.js';

/** The parsed flags that say which configuration and which database. */
interface WhereFlags {
  config?: string | undefined;
  knexfile?: string | undefined;
  env?: string | undefined;
  'database-url'?: string | undefined;
  /** Only where the command has it: the others are content with a pooler. */
  'direct-url'?: string | undefined;
  'log-format'?: 'text' | 'json' | undefined;
}

/** What a command works with. */
export interface Workspace {
  loaded: LoadedConfig;
  database: Database;
  onEvent: OnEvent;
  signal: AbortSignal;
}

/**
 * What every command shares: flags become a Report, the Report becomes text or one JSON document and an exit code; errors
 * go the same way. A command only says what to do in `execute`.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    json: Flags.boolean({ summary: 'print one JSON document, also for a failure', helpGroup: 'GLOBAL' }),
  };

  #target: Target | null = null;
  #progress: ProgressView | undefined;
  #reports: readonly ReportTarget[] = [];
  readonly #signals: SignalWatch = watchSignals();

  protected abstract execute(): Promise<Report>;

  override run(): Promise<ReportDocument> {
    return guarded(() => this.#run());
  }

  async #run(): Promise<ReportDocument> {
    try {
      return await this.#finish(await this.execute(), process.stdout);
    } catch (error) {
      const report = await this.#failure(error);
      // A report that cannot be written is what failed, or comes second to it.
      return await this.#finish(report, process.stderr).catch(() => this.#finish(report, process.stderr, []));
    } finally {
      this.#signals.close();
    }
  }

  /** Reads the configuration that the flags name. */
  protected async loadConfig(flags: WhereFlags): Promise<LoadedConfig> {
    return loadConfig({
      cwd: process.cwd(),
      env: process.env,
      configPath: flags.config,
      knexfile: flags.knexfile,
      knexEnvironment: flags.env,
      databaseUrl: flags['database-url'],
      directUrl: flags['direct-url'],
      direct: 'direct-url' in (this.ctor.flags ?? {}),
    });
  }

  /** Opens configuration, database and progress display, lends them to `use`, and puts them away. */
  protected async withWorkspace<T>(
    flags: WhereFlags,
    use: (workspace: Workspace) => Promise<T>,
    choose: (loaded: LoadedConfig) => ConnectionChoice | Promise<ConnectionChoice> = (loaded) =>
      loaded.chooseConnection(),
  ): Promise<T> {
    const loaded = await this.loadConfig(flags);
    const choice = await settlePassword(await choose(loaded), this.commandName);
    if (choice.kind === 'server') redactor.add(choice.settings.password);
    this.#progress = await openProgress(process.stderr, flags['log-format'] ?? 'text');
    const tell = this.#progress.onEvent;
    const onEvent: OnEvent = (event) => {
      tell(event);
      if (event.kind === 'progress' && event.done === event.total && !this.jsonEnabled()) loadPensSoon();
    };
    const signal = this.#signals.signal;
    const { withDatabase } = await import('../postgres/database.js');
    return withDatabase(choice, { command: this.commandName, signal, onEvent }, async (database) => {
      this.#target = database.target;
      redactor.add(database.settings.password);
      return use({ loaded, database, onEvent, signal });
    });
  }

  /** Has the outcome, a failure too, written as the `--report` flags say. */
  protected async reportTo(texts: readonly string[]): Promise<void> {
    const { onlyOne, parseReportTargets } = await import('../report/reports.js');
    const targets = await parseReportTargets(texts);
    const printed = targets.find(({ file }) => file === undefined);
    if (printed && this.jsonEnabled()) throw onlyOne(['json', printed.format]);
    this.#reports = targets;
  }

  /** 'migrate new', as typed. */
  protected get commandName(): string {
    return (this.id ?? '').replaceAll(':', ' ');
  }

  /** oclif's own takes the whole text apart into tokens, so as to colour them: hundreds of thousands for a thousand tables. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  async #failure(error: unknown): Promise<Report> {
    const failure = await failureOf(error, this.#signals.received(), {
      command: this.commandName,
      flags: Object.keys(this.ctor.flags ?? {}),
    });
    const { errorReport } = await import('../report/error.js');
    const exitCode = exitCodeFor(failure.kind, this.#signals.received());
    return errorReport(this.commandName, this.#target, exitCode, failure);
  }

  async #finish(
    report: Report,
    stream: NodeJS.WriteStream,
    reports: readonly ReportTarget[] = this.#reports,
  ): Promise<ReportDocument> {
    this.#progress?.close();
    await deliver(report, reports, this.jsonEnabled() ? undefined : stream);
    // Not this.exit(): under --json oclif would replace the document by its own error object.
    process.exitCode = report.document.exitCode;
    return report.document;
  }
}

/** So long it takes to ask the server for what is left to do: nothing is to keep that waiting. */
const SOON_MS = 5;

/** The report is near: what draws it is loaded while the server is at work. */
function loadPensSoon(): void {
  setTimeout(() => loadPens().catch(() => {}), SOON_MS).unref();
}

/** The tenancy part of the configuration, for the commands that need it. */
export function requireTenancy(loaded: LoadedConfig): NonNullable<LoadedConfig['config']['tenancy']> {
  const { tenancy, path } = loaded.config;
  if (tenancy) return tenancy;
  throw new TenantctlError({
    kind: 'usage',
    code: 'NO_TENANCY',
    message: `Cannot tell tenants apart: ${path ?? 'no configuration file was found, and none'} has no \`tenancy\`.`,
    hint: '`tenantctl init` looks at the database and writes one: root, column, context setting, app role',
  });
}

/** The exit code of a report that found nothing wrong. */
export const OK = EXIT_CODES.ok.code;
