import type { Check } from '../../check.js';
import type { Severity } from '../../finding.js';
import { granteeList, holdersOf } from '../../grants.js';
import { revokeMembership } from '../../owners.js';
import { faultOfRole, otherRoles } from '../../roles.js';

/** PostgreSQL's own roles that give an application what it must not have. */
const DANGEROUS: Readonly<Record<string, { severity: Severity; allows: string }>> = {
  pg_execute_server_program: {
    severity: 'error',
    allows: "run programs as the server's operating system user",
  },
  pg_read_server_files: {
    severity: 'error',
    allows: "read any file of the server, the tables' own included",
  },
  pg_write_server_files: { severity: 'error', allows: 'write any file of the server' },
  pg_read_all_data: { severity: 'warn', allows: 'read every table that has no row level security' },
  pg_write_all_data: { severity: 'warn', allows: 'write every table that has no row level security' },
  pg_create_subscription: { severity: 'warn', allows: 'have rows copied in by replication' },
  pg_maintain: { severity: 'warn', allows: 'lock and rewrite every table' },
  pg_monitor: { severity: 'warn', allows: 'read statistics and the statements of other sessions' },
  pg_read_all_stats: { severity: 'warn', allows: 'read the statements of other sessions, values included' },
  pg_signal_backend: { severity: 'warn', allows: 'end the sessions of other roles' },
  pg_stat_scan_tables: { severity: 'warn', allows: 'scan any table for its statistics' },
};

export const appRolePredefinedRole: Check = {
  id: 'app-role-predefined-role',
  family: 'roles',
  title: 'The app role may do what is reserved for superusers or predefined roles',
  severity: 'error',
  explanation:
    "PostgreSQL's predefined roles give rights that no table's ACL shows. Reading or writing server files and running programs " +
    'reach all data below row level security, and lead to superuser (error). Reading statistics shows the text of other ' +
    "sessions' statements; pg_read_all_data does not bypass policies, but reads every table without them (warn). EXECUTE on a " +
    "function that reads files (tables' own are among them) or logs in as anybody (dblink_connect_u) is as good (error).",
  *find(subject) {
    const { role } = subject.app;
    if (!role) return;
    for (const { name } of otherRoles(subject)) {
      const danger = DANGEROUS[name];
      if (!danger) continue;
      const { severity, allows } = danger;
      yield faultOfRole(role, `as ${name}, ${role.name} can ${allows}`, { part: name, severity });
    }
    for (const { signature, grants } of subject.snapshot.reservedFunctions) {
      const usable = subject.app.usable(grants);
      if (usable.length === 0) continue;
      const detail = `${holdersOf(usable)} may call ${signature}, and reach what no policy protects`;
      yield faultOfRole(role, detail, { part: signature });
    }
  },
  fix(fault, subject) {
    const { reservedFunctions } = subject.snapshot;
    const reserved = reservedFunctions.find(({ signature }) => signature === fault.part);
    if (!reserved) return revokeMembership(subject, fault.part ?? '');
    const grants = subject.app.usable(reserved.grants);
    return `REVOKE EXECUTE ON FUNCTION ${reserved.signature} FROM ${granteeList(grants)};`;
  },
};
