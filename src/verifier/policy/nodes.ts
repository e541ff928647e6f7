import type { Node } from 'libpg-query';

/** The name of a kind of node, and what stands under it: { RangeVar: … }. */
type Kinds<N> = N extends unknown ? keyof N : never;
export type NodeKind = Kinds<Node>;
export type NodeOf<K extends NodeKind> = Extract<Node, Record<K, unknown>>[K];

/** The strings of a list of String nodes: a qualified name's parts; '*' for what is not a string. */
export function textsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => ('String' in node ? (node.String.sval ?? '') : '*'));
}

/** Every node of one kind, wherever it stands below `root`. */
export function findAll<K extends NodeKind>(root: unknown, kind: K): NodeOf<K>[] {
  if (Array.isArray(root)) return root.flatMap((item) => findAll(item, kind));
  if (typeof root !== 'object' || root === null) return [];
  return Object.entries(root).flatMap(([key, value]) => [
    ...(key === kind ? [value as NodeOf<K>] : []),
    ...findAll(value, kind),
  ]);
}
