import { TenantctlError } from '../../errors.js';
import { quoteName } from '../../identifiers.js';
import { nameOf, type SourceFile } from '../../source-files.js';
import type { Irregularities } from '../ledger/irregular.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Standing } from '../ledger/standing.js';

/** `allow` lets files run that come before one that is applied. */
export type Order = 'strict' | 'allow';

/** @throws TenantctlError gate, for the first kind of irregularity that there is, naming all of that kind */
export function refuseIrregular(
  irregular: Irregularities,
  order: Order,
  ledger: Ledger,
  directories: readonly string[],
): void {
  refuseAmbiguous(irregular.ambiguous, 'migrate');
  refuseMissing(irregular.missing, 'migrate', ledger, directories);
  refuseChanged(irregular.changed);
  if (order === 'strict') refuseLate(irregular.late);
}

/** @throws TenantctlError gate, where files share a name */
export function refuseAmbiguous(ambiguous: readonly SourceFile[][], act: string): void {
  if (ambiguous.length === 0) return;
  const groups = ambiguous.map((same) => `  ${same.map(({ path }) => path).join(', ')}`);
  throw new TenantctlError({
    kind: 'gate',
    code: 'SAME_NAME',
    message: `Cannot ${act}: files share a name, so that either could be the one that is meant:\n${groups.join('\n')}`,
    hint: 'keep one of each; compiled files belong in a directory of their own',
    partial: { ambiguous: describeAmbiguous(ambiguous) },
  });
}

/**
 * Refuses to work on migrations whose files are not there.
 *
 * @throws TenantctlError gate, with names, batch, date, directory and the likely causes
 */
export function refuseMissing(
  missing: readonly Standing[],
  act: string,
  ledger: Ledger,
  directories: readonly string[],
): void {
  const [first] = missing;
  if (!first) return;
  throw new TenantctlError({
    kind: 'gate',
    code: 'MIGRATIONS_MISSING',
    message: `Cannot ${act}: ${quoteName(ledger)} names migrations that are not in ${directories.join(', ')}:\n${list(missing)}`,
    hint: oneOf(
      [
        'another branch applied it: merge that branch, or roll back from it',
        `git log --all -- "*/${first.file}"`,
      ],
      ['is this the database, and migrations.directory the directory, that were meant?', 'tenantctl status'],
      ['it was removed on purpose', `tenantctl migrate repair --accept ${nameOf(first.file)} --reason "…"`],
    ),
    partial: { missing: missing.map(toRecorded) },
  });
}

function refuseChanged(changed: readonly Standing[]): void {
  const [first] = changed;
  if (!first) return;
  throw new TenantctlError({
    kind: 'gate',
    code: 'MIGRATIONS_CHANGED',
    message: `Cannot migrate: files were edited after they had been applied, so the database does not have what they now say:\n${list(changed)}`,
    hint: oneOf(
      ['restore the file, and make the change in a new one', `git log -p -- "*/${first.file}"`],
      [
        'the edit changes nothing in the database: a comment',
        `tenantctl migrate repair --accept ${nameOf(first.file)} --reason "…"`,
      ],
    ),
    partial: { changed: changed.map(toRecorded) },
  });
}

function refuseLate(late: Irregularities['late']): void {
  const [first] = late;
  if (!first) return;
  const lines = late.map(({ source }) => `  ${source.file}`);
  throw new TenantctlError({
    kind: 'gate',
    code: 'MIGRATIONS_LATE',
    message: `Cannot migrate: files are pending that come before ${first.after}, which is applied; a new database would get them in another order:\n${lines.join('\n')}`,
    hint: oneOf(
      ['give them names that come last', `git mv ${first.source.path} …`],
      ['they do not depend on what was applied since, nor it on them', 'tenantctl migrate --order allow'],
    ),
    partial: { late: late.map(({ source }) => source.file) },
  });
}

/** What may be the case, as a comment of the shell, and below it the line to paste then. */
function oneOf(...cases: [when: string, command: string][]): string {
  return ['one of', ...cases.flatMap(([when, command]) => [`  # ${when}`, `  ${command}`])].join('\n');
}

/** A migration of the ledger, for a JSON document. */
export function toRecorded({ file, batch, appliedAt }: Standing) {
  return { name: file, batch, appliedAt };
}

/** Files that share a name, for a JSON document. */
export function describeAmbiguous(ambiguous: readonly SourceFile[][]) {
  return ambiguous.map((same) => ({ name: same[0]?.name ?? '', paths: same.map(({ path }) => path) }));
}

function list(standing: readonly Standing[]): string {
  return standing
    .map(
      ({ file, batch, appliedAt }) =>
        `  ${file} (batch ${batch}${appliedAt === null ? '' : `, ${appliedAt.toISOString()}`})`,
    )
    .join('\n');
}
