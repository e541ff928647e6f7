import type { Ground } from './ground.js';
import { MARK } from './ground.js';

/** What has to come of a plant: a finding of this check that names this object. */
export interface Expectation {
  /** Id of a check, or of a crossing of the live probe. */
  check: string;
  /** The object as findings name it, unquoted. */
  on(ground: Ground): string;
}

/** One way in which tenants reach each other, as SQL that opens it on the ground of any schema. */
export interface Plant {
  /** The classes of the catalogue of leaks that it is an instance of. */
  classes: readonly number[];
  title: string;
  /** The first server version that knows its statements: 150000. */
  since?: number;
  /** Why it cannot be planted on this ground; undefined where it can. */
  unless?(ground: Ground): string | undefined;
  /** Statements that a superuser runs in a database of the plant's own. */
  sql(ground: Ground): string;
  /** What the catalog, or the rows, must show. */
  seen?: Expectation;
  /** What the app's own login must get through. */
  crossed?: Expectation;
  /** The login itself is the fault: the session, or a role above policies, must be refused as proof. */
  login?: 'unbound' | 'another';
  /** Takes back what belongs to the whole cluster, and so outlives the plant's database. */
  undo?(ground: Ground): string;
}

export const onTable = (ground: Ground): string => ground.table.name;
export const onParent = (ground: Ground): string => ground.parent.name;
export const onApp = (ground: Ground): string => ground.appRole;
export const onNew = (name: string) => (): string => `${MARK}_${name}`;

export const seen = (check: string, on: Expectation['on']): { seen: Expectation } => ({
  seen: { check, on },
});
export const crossed = (crossing: string, on: Expectation['on']): { crossed: Expectation } => ({
  crossed: { check: `probe-${crossing}`, on },
});
