import type { EventTrigger } from '../../../catalog/snapshot.js';
import { quoteIdent } from '../../../identifiers.js';
import type { Check, Fault, Subject } from '../../check.js';
import { bodyOf } from '../../functions.js';
import { findAll } from '../../policy/nodes.js';

export const eventTriggerChangesRls: Check = {
  id: 'event-trigger-changes-rls',
  family: 'rls',
  title: 'An event trigger may switch row level security off',
  severity: 'warn',
  explanation:
    'An event trigger runs on every CREATE and ALTER, as whoever executes it. One that disables row level security, or ' +
    'drops policies, undoes what a later migration sets up, after every audit that came before. What it runs from a text ' +
    'that is put together cannot be read here, and is only pointed out (info).',
  onlyUnderRls: true,
  *find(subject) {
    for (const trigger of subject.snapshot.eventTriggers) yield* faults(subject, trigger);
  },
  fix: ({ object }) => `ALTER EVENT TRIGGER ${quoteIdent(object)} DISABLE;`,
};

function* faults(subject: Subject, { name, event, function: oid }: EventTrigger): Generator<Fault> {
  const fn = subject.snapshot.functions.find((candidate) => candidate.oid === oid);
  const body = fn && bodyOf(subject, fn);
  if (!fn || !body) return;
  const runs = `on ${event} it runs ${fn.name}, which`;
  const about = { schema: '', object: name };
  const opens = findAll(body.statements, 'AlterTableCmd').some(({ subtype }) => OPENING.has(subtype ?? ''));
  const drops = findAll(body.statements, 'DropStmt').some(({ removeType }) => removeType === 'OBJECT_POLICY');
  if (opens) yield { ...about, detail: `${runs} switches row level security off` };
  else if (drops) yield { ...about, detail: `${runs} drops policies` };
  else if (body.dynamic) yield { ...about, detail: `${runs} runs dynamic SQL`, severity: 'info' };
}

const OPENING = new Set<string>(['AT_DisableRowSecurity', 'AT_NoForceRowSecurity']);
