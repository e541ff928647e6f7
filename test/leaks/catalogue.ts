/**
 * The catalogue of leaks: how each class shows, in the catalog or the rows (first letter) and to the app's own login
 * (second). Y: yes; P: in part; N, -: no; D: in the rows, by a query of the auditor.
 */
const SHOWS = `
  1 YY   2 YY   3 YY   4 YP   5 YY   6 YY   7 YY   8 YY   9 YP  10 YP  11 YP  12 YP  13 YP  14 NY  15 YY
 16 YY  17 YY  18 YY  19 YY  20 PY  21 PP  22 PP  23 PY  24 YY  25 YY  26 YY  27 PY  28 PY  29 PY  30 YY
 31 YY  32 YP  33 PP  34 PP  35 YP  36 YY  37 PY  38 PY  39 YY  40 YY  41 YY  42 YY  43 YY  44 YP  45 YY
 46 YP  47 YP  48 YP  49 NY  50 YY  51 YY  52 NP  53 PY  54 --  55 PP  56 YY  57 YY  58 YY  59 YY  60 YP
 61 PP  62 YY  63 PY  64 PY  65 PY  66 YY  67 YY  68 YY  69 YY  70 YY  71 YY  72 YP  73 YY  74 YP  75 YY
 76 YP  77 YP  78 YY  79 YP  80 YP  81 YN  82 YY  83 YP  84 PN  85 YY  86 YY  87 YY  88 YY  89 YY  90 YY
 91 YY  92 YY  93 YY  94 YY  95 YY  96 YY  97 YY  98 PP  99 YY 100 YY 101 PN 102 ND 103 PD 104 PD 105 YD
106 YP 107 Y- 108 -- 109 -Y 110 YY 111 YP 112 NP 113 NP 114 -Y 115 NP 116 YY`;

export interface LeakClass {
  number: number;
  inCatalog: boolean;
  toLogin: boolean;
}

export const CATALOGUE: readonly LeakClass[] = [...SHOWS.matchAll(/(\d+) (.)(.)/g)].map(
  ([, number, inCatalog = '', toLogin = '']) => ({
    number: Number(number),
    inCatalog: 'YP'.includes(inCatalog) || toLogin === 'D',
    toLogin: 'YP'.includes(toLogin),
  }),
);

const DDL =
  'taking it would need DDL, whose locks a probe must not ask of a live database; the catalog is certain';
const AGAIN = 'opens what is made later, or by others; nothing crosses yet';
const DATABASE_WIDE = 'no relation of tenants is crossed: what it shows belongs to the whole server';
const BY_DESIGN =
  'PostgreSQL shows it to every login, with any policy; there is no state of a schema that is free of it';

/** Classes, by how they should show, that no plant shows so; and why. */
export const LEFT_OUT: { inCatalog: Record<number, string>; toLogin: Record<number, string> } = {
  inCatalog: {
    107: 'a row without its tenant is refused (23502): an error of the application, and a remark on nearly every table',
  },
  toLogin: {
    12: "what files a server has is none of a probe's business",
    35: 'a context of several tenants is not one that an application sets',
    47: "the probe adds no row to a table that is no tenant's",
    48: 'a temporary table in the place of another would be a change of the schema',
    52: 'what a pool does with a session between two requests is not in the database',
    53: 'an error before any row counts as closed; its SQLSTATE is reported',
    72: AGAIN,
    76: DDL,
    77: DDL,
    79: "what is behind a foreign table is another server's; it is read only where it holds rows of tenants",
    80: 'a large object says nothing of whose it is',
    83: 'what a LEAKPROOF function tells depends on the plan that the server chooses',
    92: 'the rows that escape have no tenant: null-tenant-rows counts them',
    109: BY_DESIGN,
    111: DATABASE_WIDE,
    112: DATABASE_WIDE,
    113: DATABASE_WIDE,
    114: "a lock on the whole table is anybody's who may write one row: a timeout is the answer, and no finding",
    115: 'what a pool does with a session between two requests is not in the database',
  },
};
