import type { Subject } from '../check.js';
import { concreteCase } from './reason/case.js';
import { evaluate } from './reason/evaluate.js';
import type { Scope } from './reason/scope.js';
import { namesSomebody, readSettings, type Settings } from './reason/session.js';
import { rowsOf } from './reason/subquery.js';
import type { Key, Value } from './reason/value.js';

/** What the context's own statements set, when they are given a tenant's key. */
export function settingsOf(subject: Subject, key: Key): Settings {
  return readSettings(subject.tenancy.config.context, subject.sql, key, (node, parameter) =>
    evaluate(node, scopeWith(subject, key, parameter)),
  );
}

/** Whether the context also says who is signed in, whatever keys tenants have. */
export function saysWhoIsSignedIn(subject: Subject): boolean {
  const key: Key = { kind: 'key', whose: 'asked', type: 'text', home: 'text' };
  return [...settingsOf(subject, key).values()].some(namesSomebody);
}

/** A scope without a row: its only name is the parameter. */
function scopeWith(subject: Subject, asked: Key, parameter: Value): Scope {
  const here = concreteCase();
  return {
    question: {
      ...{
        subject,
        state: 'set',
        settings: new Map(),
        asked,
        sessionUser: undefined,
        here,
        own: undefined,
        writes: false,
      },
      ...{ met: [], tenants: new Map(), tables: new Map(), evaluate, rowsOf },
      readable: () => 'nothing known',
      shows: () => false,
    },
    ...{ here, role: { name: undefined, inherits: new Set() }, place: '', queries: new Map() },
    ...{ bareNames: true, temporaryFirst: false, anyPath: false, frozen: false, depth: 0 },
    column: () => undefined,
    parameter: () => parameter,
  };
}
