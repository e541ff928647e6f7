import { keepFingerprint } from '../catalog/fingerprint/keep.js';
import { readCatalog } from '../catalog/read.js';
import { TenantctlError } from '../errors.js';
import type { OnEvent } from '../events.js';
import { quoteIdent, quoteLiteral } from '../identifiers.js';
import { announceWait, withAdvisoryLock } from '../postgres/advisory-lock.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { withTransaction } from '../postgres/transaction.js';
import { classify } from '../tenancy/classify.js';
import type { TenancyConfig } from '../tenancy/config.js';
import { applyChange, keepOutOfLogs, notApplied } from './apply.js';
import { dangersOf } from './dangers.js';
import { decidePassword, type PasswordState, shortPassword } from './decide-password.js';
import type { Change } from './diff.js';
import type { Group } from './group.js';
import { type LoginFacts, readLogin } from './login.js';
import type { PasswordChoice } from './password.js';
import { planRole, type RolePlan } from './plan.js';
import { requireRoleName } from './role-name.js';
import { scramVerifier } from './scram.js';
import type { Warning } from './warnings.js';

export interface AppRoleOptions {
  role: string;
  password: PasswordChoice;
  dryRun: boolean;
  /** How long to wait for another run. */
  lockWaitMs: number;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

export interface AppRoleResult {
  role: string;
  /** Whether it did not exist before. */
  created: boolean;
  dryRun: boolean;
  group: Group | undefined;
  password: PasswordState;
  /** The file that keeps a generated password. */
  credentials: string | undefined;
  /** What was executed, or would be. */
  changes: Change[];
  warnings: Warning[];
}

/**
 * Makes the application's role what the configuration asks for: compares, changes what differs in one transaction, and
 * compares again. A second run changes nothing.
 *
 * @throws TenantctlError usage: a role that may not be touched, no password; gate: a role above row security by
 *   ownership or membership; privilege: this connection's role may not do it; retry: another run has the lock
 */
export async function ensureAppRole(
  database: Database,
  tenancy: TenancyConfig,
  options: AppRoleOptions,
): Promise<AppRoleResult> {
  const { role, dryRun, onEvent, signal } = options;
  const name = 'the app role lock';
  const onWait = announceWait(name, onEvent);
  const lock = { name, key: 'app-role', waitMs: options.lockWaitMs, signal, onWait };
  return database.connect((client) =>
    withAdvisoryLock(database, client, lock, async () => {
      const facts = await readLogin(client, role);
      requireRoleName(role, facts);
      const password = await decidePassword(database, facts, options);
      const verifier = password.value === undefined ? undefined : await scramVerifier(password.value);
      const plan = dryRun
        ? await withTransaction(client, 'repeatable read, read only', () =>
            inspect(client, tenancy, role, facts),
          )
        : await keepFingerprint(client, { command: 'create-app-role', onEvent }, () =>
            converge(client, tenancy, role, facts, verifier),
          );
      if (!dryRun && password.value !== undefined && options.password.kind === 'generate') {
        await options.password.keep(password.value);
      }
      return {
        ...{ role, created: !facts.exists, dryRun, group: plan.group, password: password.state },
        credentials: options.password.kind === 'generate' ? options.password.path : undefined,
        changes: withPassword(plan.changes, role, password.state === 'set'),
        warnings: [...plan.warnings, ...shortPassword(options.password)],
      };
    }),
  );
}

/** In one transaction: what cannot all be had is not begun. */
async function converge(
  client: Client,
  tenancy: TenancyConfig,
  role: string,
  facts: LoginFacts,
  verifier: string | undefined,
): Promise<RolePlan> {
  await keepOutOfLogs(client);
  return withTransaction(client, 'read write', async () => {
    const plan = await inspect(client, tenancy, role, facts);
    for (const change of withPassword(plan.changes, role, verifier !== undefined)) {
      await applyChange(
        client,
        change,
        change.kind === 'password' ? passwordSql(role, verifier ?? '') : change.sql,
      );
    }
    // A GRANT without the right to it is only a warning of the server's, so what came of it is looked at.
    const then = { ...(await readLogin(client, role)), sessions: facts.sessions };
    const after = await inspect(client, tenancy, role, then);
    const failed = after.changes.find(({ dispensable }) => !dispensable);
    if (failed) throw notApplied(failed);
    const ignored = after.changes.map(({ sql }) => sql);
    return {
      ...after,
      changes: plan.changes.filter(({ sql }) => !ignored.includes(sql)),
      warnings: [...after.warnings, ...ignored.map(onlyByPublic)],
    };
  });
}

async function inspect(
  client: Client,
  tenancy: TenancyConfig,
  role: string,
  facts: LoginFacts,
): Promise<RolePlan> {
  const snapshot = await readCatalog(client);
  const model = classify(snapshot, tenancy);
  const dangers = dangersOf(snapshot, model, role);
  if (dangers.length > 0) {
    throw new TenantctlError({
      kind: 'gate',
      code: 'APP_ROLE_UNSAFE',
      message: `Cannot make "${role}" the app role: it ${dangers.map((danger) => danger.fact).join('; it ')}. No policy holds for such a role, and something may depend on it.`,
      hint: dangers.map((danger) => danger.remedy).join('\n     '),
    });
  }
  return planRole(snapshot, model, role, facts);
}

/** The password follows the role's attributes: a role that is being created has to exist first. */
function withPassword(changes: Change[], role: string, set: boolean): Change[] {
  if (!set) return changes;
  const at = changes.findIndex(({ kind }) => kind !== 'role' && kind !== 'attributes');
  const change: Change = {
    kind: 'password',
    sql: passwordSql(role, 'SCRAM-SHA-256$***'),
    needs: 'the CREATEROLE attribute; from PostgreSQL 16 on also ADMIN OPTION on the role',
  };
  return changes.toSpliced(at === -1 ? changes.length : at, 0, change);
}

function passwordSql(role: string, verifier: string): string {
  return `ALTER ROLE ${quoteIdent(role)} PASSWORD ${quoteLiteral(verifier)}`;
}

/** Somebody else owns the database or schema, as on many managed servers. */
function onlyByPublic(sql: string): Warning {
  const text = 'This role may not grant this one, which has it only as long as everybody (PUBLIC) has:';
  return { code: 'only-by-public', text, sql };
}
