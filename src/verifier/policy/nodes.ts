import type { Node } from 'libpg-query';

/** The name of a kind of node, and what stands under it: { RangeVar: … }. */
type Kinds<N> = N extends unknown ? keyof N : never;
export type NodeKind = Kinds<Node>;
export type NodeOf<K extends NodeKind> = Extract<Node, Record<K, unknown>>[K];

/** The strings of a list of String nodes: a qualified name's parts; '*' for what is not a string. */
export function textsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => ('String' in node ? (node.String.sval ?? '') : '*'));
}

/** What was found in a tree before: policies repeat, and so do the questions about them. */
const known = new WeakMap<object, Map<NodeKind, unknown[]>>();

/** Every node of one kind, wherever it stands below `root`. */
export function findAll<K extends NodeKind>(root: unknown, kind: K): NodeOf<K>[] {
  if (Array.isArray(root)) return root.flatMap((item) => findAll(item, kind));
  if (typeof root !== 'object' || root === null) return [];
  const kinds = known.get(root) ?? new Map<NodeKind, unknown[]>();
  known.set(root, kinds);
  const found = kinds.get(kind) ?? collect(root, kind, []);
  kinds.set(kind, found);
  return found as NodeOf<K>[];
}

function collect(node: object, kind: NodeKind, into: unknown[]): unknown[] {
  for (const [key, value] of Object.entries(node)) {
    if (key === kind) into.push(value);
    if (typeof value === 'object' && value !== null) collect(value, kind, into);
  }
  return into;
}
