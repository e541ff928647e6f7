import type { Node, TypeName } from 'libpg-query';
import type { Column } from '../../../catalog/snapshot.js';
import { textsOf } from '../nodes.js';

/** A type as the catalog names it inside, with the length or precision that limits it. */
export interface Type {
  name: string;
  limits: number[];
  array: boolean;
}

/** What format_type writes, where that is not the name itself. */
const SPELLED: Readonly<Record<string, string>> = {
  ...{ boolean: 'bool', smallint: 'int2', integer: 'int4', bigint: 'int8', real: 'float4' },
  ...{
    'double precision': 'float8',
    'character varying': 'varchar',
    character: 'bpchar',
    decimal: 'numeric',
  },
  ...{ 'timestamp with time zone': 'timestamptz', 'timestamp without time zone': 'timestamp' },
};

/** Reads a type's name in an expression. */
export function typeNamed(named: TypeName | undefined): Type {
  const parts = textsOf(named?.names);
  const own = parts.length > 1 && parts[0] !== 'pg_catalog';
  const limits = (named?.typmods ?? []).map(numberOf);
  return {
    name: own ? parts.join('.') : (parts.at(-1) ?? ''),
    limits,
    array: (named?.arrayBounds ?? []).length > 0,
  };
}

/** Reads a type as format_type writes it. */
export function typeSpelled(spelled: string): Type {
  const array = spelled.endsWith('[]');
  const [, start = spelled, limits = '', end = ''] =
    /^([^(]*)\(([\d,]+)\)(.*)$/.exec(array ? spelled.slice(0, -2) : spelled) ?? [];
  const name = `${array && !limits ? spelled.slice(0, -2) : start}${end}`.trim();
  return {
    // As an expression's tree has it: without quotes.
    name: SPELLED[name] ?? name.replaceAll('"', ''),
    limits: limits === '' ? [] : limits.split(',').map(Number),
    array,
  };
}

/** The type of a column; under a domain the type below it. */
export function typeOfColumn(column: Column): Type {
  return typeSpelled(column.baseType);
}

function numberOf(node: Node): number {
  return 'A_Const' in node ? (node.A_Const.ival?.ival ?? 0) : 0;
}
