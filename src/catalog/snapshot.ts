/**
 * One consistent reading of the catalog as plain data: everything that checks and probes judge by. Names are as the
 * catalog spells them, unquoted. Oids serve only to join the parts of one snapshot; they never reach a report.
 */
export interface CatalogSnapshot {
  server: { version: string; versionNumber: number };
  database: { name: string; owner: string; grants: Grant[] };
  /** Every schema but PostgreSQL's own. */
  schemas: Schema[];
  /** Tables, views, materialized views, foreign tables and partitions of those schemas, by schema and name. */
  relations: Relation[];
  sequences: Sequence[];
  functions: DatabaseFunction[];
  /** All roles of the cluster, predefined ones included. */
  roles: Role[];
  defaultPrivileges: DefaultPrivileges[];
  /** ALTER ROLE … SET and ALTER DATABASE … SET that hold in this database. */
  settings: RoleSetting[];
  extensions: string[];
  /** Server parameters with privileges of their own (PostgreSQL 15+). */
  parameters: { name: string; grants: Grant[] }[];
  /** Large objects, counted per role that holds a privilege on them, their owners included. */
  largeObjects: { grantee: string; privilege: string; count: number }[];
  /** Functions that are nobody's but superusers' by default, and were granted: by signature, with their schemas. */
  reservedFunctions: { signature: string; grants: Grant[] }[];
  /** Foreign servers, with the roles (or 'public') that have an account on them. */
  servers: { name: string; grants: Grant[]; accounts: string[] }[];
  publications: Publication[];
  /** Those that are enabled and no extension's own. */
  eventTriggers: EventTrigger[];
}

/** One privilege, already expanded: a missing ACL appears as the owner's and PUBLIC's built-in default grants. */
export interface Grant {
  /** A role's name, or 'public' for PUBLIC (no role can have that name). */
  grantee: string;
  grantor: string;
  /** SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN, USAGE, CREATE, EXECUTE … */
  privilege: string;
  grantable: boolean;
}

export interface Schema {
  name: string;
  owner: string;
  grants: Grant[];
}

export type RelationKind = 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table';

export interface Relation {
  oid: number;
  schema: string;
  name: string;
  kind: RelationKind;
  owner: string;
  /** ENABLE ROW LEVEL SECURITY. */
  rowSecurity: boolean;
  /** FORCE ROW LEVEL SECURITY. */
  forceRowSecurity: boolean;
  isPartition: boolean;
  /** Oids of the tables it inherits from, or is a partition of. */
  parents: number[];
  /** Oids of the relations that a view or materialized view reads. */
  reads: number[];
  /** Views: security_invoker (PostgreSQL 15+), else false. */
  securityInvoker: boolean;
  /** Views: security_barrier. */
  securityBarrier: boolean;
  /** Views: pg_get_viewdef. */
  viewDefinition: string | undefined;
  columns: Column[];
  constraints: Constraint[];
  indexes: Index[];
  policies: Policy[];
  triggers: Trigger[];
  rules: Rule[];
  grants: Grant[];
  /** reltuples; -1 where never analysed. */
  estimatedRows: number;
  /** Name of the extension that owns it, if any. */
  extension: string | undefined;
}

export interface Column {
  name: string;
  number: number;
  /** format_type: 'bigint', 'character varying(40)', 'app.mood'. */
  type: string;
  /** typtype of the column's type: base, composite, domain, enum, range, multirange, pseudo. */
  typeKind: 'base' | 'composite' | 'domain' | 'enum' | 'range' | 'multirange' | 'pseudo';
  /** Labels of an enum, in order; empty otherwise. */
  enumLabels: string[];
  /** The base type under a domain: format_type; the type itself otherwise. */
  baseType: string;
  /** Under a domain: its CHECK constraints, as pg_get_constraintdef. */
  domainChecks: string[];
  /** Element type of an array: format_type; undefined otherwise. */
  elementType: string | undefined;
  /** No row that is written may have NULL. */
  notNull: boolean;
  /** Nor does a row that is there: from PostgreSQL 18 on NOT NULL may be NOT VALID. */
  neverNull: boolean;
  /** pg_get_expr of the default, or of the generation expression. */
  defaultExpression: string | undefined;
  generated: boolean;
  identity: 'always' | 'by default' | undefined;
  /** Deterministic collations compare bytes; a nondeterministic one lets different tenants be equal. */
  collationDeterministic: boolean;
  /** As COLLATE takes it; undefined for types without. */
  collation: string | undefined;
  grants: Grant[];
}

export type ForeignKeyAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface ForeignKey {
  /** Oid of the referenced relation. */
  relation: number;
  columns: string[];
  onDelete: ForeignKeyAction;
  onUpdate: ForeignKeyAction;
  /** ON DELETE SET NULL (columns), PostgreSQL 15+; empty means all. */
  deleteSetColumns: string[];
  match: 'simple' | 'full';
}

export interface Constraint {
  name: string;
  kind: 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion';
  /** Column names in key order; for an exclusion constraint '' stands for an expression. */
  columns: string[];
  /** As pg_get_constraintdef writes it; '' for a primary key and a validated foreign key, which tell no more. */
  definition: string;
  validated: boolean;
  deferrable: boolean;
  initiallyDeferred: boolean;
  foreignKey: ForeignKey | undefined;
  /** Exclusion constraints: the operator for each column. */
  operators: string[];
  /** Comes from the partitioned table above it: changed there, not here. */
  inherited: boolean;
}

export interface Index {
  name: string;
  unique: boolean;
  primary: boolean;
  valid: boolean;
  exclusion: boolean;
  /** Access method: 'btree', 'gin'. */
  method: string;
  /** Name of the constraint it implements, if any. */
  constraint: string | undefined;
  /** Key columns in order; '' stands for an expression. INCLUDE columns are left out. */
  columns: string[];
  predicate: string | undefined;
  /** CREATE UNIQUE INDEX …, of one that is no constraint's, or has storage parameters; else '': writing out thousands takes long. */
  definition: string;
  /** Comes from the partitioned table above it: changed there, not here. */
  inherited: boolean;
}

export type PolicyCommand = 'all' | 'select' | 'insert' | 'update' | 'delete';

export interface Policy {
  name: string;
  command: PolicyCommand;
  permissive: boolean;
  /** Role names; ['public'] for PUBLIC. */
  roles: string[];
  using: string | undefined;
  check: string | undefined;
}

export interface Trigger {
  name: string;
  /** Oid of its function. */
  function: number;
  /** tgenabled: origin, disabled, replica, always. */
  enabled: 'origin' | 'disabled' | 'replica' | 'always';
  definition: string;
}

export interface Rule {
  name: string;
  event: 'select' | 'insert' | 'update' | 'delete';
  definition: string;
  /** Oids of the relations that its actions touch, with the rights of the table's owner. */
  touches: number[];
}

export interface Sequence {
  schema: string;
  name: string;
  owner: string;
  grants: Grant[];
  /** 'schema.table.column' parts of the column that owns it, if any. */
  ownedBy: { schema: string; relation: string; column: string } | undefined;
  /** The columns whose defaults name it, whoever owns it. */
  defaultOf: { schema: string; relation: string; column: string }[];
}

export interface DatabaseFunction {
  oid: number;
  schema: string;
  name: string;
  /** PostgreSQL has functions of that name, too: which is meant by the bare name, arguments and search path decide. */
  namedAsBuiltin: boolean;
  /** pg_get_function_identity_arguments. */
  arguments: string;
  /** Names of the input parameters in order; '' for one without a name. */
  argumentNames: string[];
  /** format_type of the input parameters in order. */
  argumentTypes: string[];
  /** Parameters without a default: 0 means it can be called as f(). */
  requiredArguments: number;
  /** format_type of the result; '' for a procedure. */
  returns: string;
  returnsSet: boolean;
  kind: 'function' | 'procedure' | 'aggregate' | 'window';
  owner: string;
  language: string;
  securityDefiner: boolean;
  leakproof: boolean;
  /** Whether NULL is its answer to any NULL argument, without its body being run. */
  strict: boolean;
  volatility: 'immutable' | 'stable' | 'volatile';
  /** SET clauses: ['search_path=pg_catalog, pg_temp']. */
  settings: string[];
  /** prosrc; for BEGIN ATOMIC functions pg_get_function_sqlbody. */
  source: string;
  /** pg_get_functiondef, for PL/pgSQL only: its parser wants the whole statement. */
  definition: string | undefined;
  grants: Grant[];
  /**
   * Whether expressions or operators of the database's own call it, save those of policies: whoever may use these needs no
   * USAGE on its schema.
   */
  embedded: boolean;
  /** Whether it is part of an aggregate, which calls it by the right of its own owner. */
  aggregates: boolean;
  extension: string | undefined;
}

export interface Role {
  name: string;
  superuser: boolean;
  bypassRls: boolean;
  createRole: boolean;
  createDb: boolean;
  replication: boolean;
  login: boolean;
  /** The role's INHERIT attribute; below PostgreSQL 16 it decides every membership. */
  inherit: boolean;
  connectionLimit: number;
  memberOf: Membership[];
}

export interface Membership {
  role: string;
  /** Whether its privileges are had without SET ROLE (16+: per grant; before: the member's INHERIT). */
  inherit: boolean;
  /** Whether SET ROLE is allowed (16+: per grant; before: always). */
  set: boolean;
  admin: boolean;
}

export interface DefaultPrivileges {
  /** The role whose future objects it concerns. */
  owner: string;
  /** undefined means every schema. */
  schema: string | undefined;
  objects: 'tables' | 'sequences' | 'functions' | 'types' | 'schemas' | 'large objects';
  grants: Grant[];
}

export interface Publication {
  name: string;
  owner: string;
  /** FOR ALL TABLES, or FOR TABLES IN SCHEMA. */
  everything: boolean;
  /** Oids of published tables, and whether a WHERE clause filters their rows (PostgreSQL 15+). */
  relations: { relation: number; filtered: boolean }[];
}

export interface EventTrigger {
  name: string;
  /** 'ddl_command_end', 'sql_drop' … */
  event: string;
  /** Oid of its function. */
  function: number;
}

export interface RoleSetting {
  /** undefined means every role (ALTER DATABASE). */
  role: string | undefined;
  /** Whether it is limited to this database. */
  thisDatabase: boolean;
  /** 'app.tenant_id'. */
  name: string;
  value: string;
}
