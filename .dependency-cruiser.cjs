// Imports point one way: bin → commands → cli → engines, config → report → tenancy → catalog → postgres → leaf modules.
const FLOORS = [
  ['commands'],
  ['cli'],
  ['config', 'migrator', 'seeder', 'verifier', 'backfill', 'app-role', 'init'],
  ['report'],
  ['tenancy'],
  ['catalog'],
  ['postgres'],
];
const ENGINES = ['migrator', 'seeder', 'verifier', 'backfill', 'app-role', 'init'];

const inRooms = (rooms) => `^src/(${rooms.join('|')})/`;

const noImportsUpwards = FLOORS.slice(1).map((rooms, index) => ({
  name: `no-import-upwards-from-${rooms.length > 1 ? 'engines' : rooms[0]}`,
  severity: 'error',
  from: { path: inRooms(rooms) },
  to: { path: inRooms(FLOORS.slice(0, index + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...noImportsUpwards,
    ...ENGINES.map((engine) => ({
      name: `no-engine-from-${engine}`,
      comment: 'Where one engine needs another, the command passes it in as a function.',
      severity: 'error',
      from: { path: inRooms([engine]) },
      to: { path: inRooms(ENGINES.filter((other) => other !== engine)) },
    })),
    {
      name: 'config-imports-no-engine',
      severity: 'error',
      from: { path: inRooms(['config']) },
      to: { path: inRooms(ENGINES) },
    },
    {
      name: 'leaves-import-no-room',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: '^src/index\\.ts$' },
      to: { path: '^src/[^/]+/' },
    },
    {
      name: 'only-postgres-talks-to-postgres',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/postgres/' },
      to: { path: 'node_modules/(pg|knex|pg-copy-streams|tarn)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-cli-and-commands-know-oclif',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|commands)/' },
      to: { path: 'node_modules/(@oclif|inquirer|chalk|cli-progress)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      // Types, too, go one way. What is imported when it is called for is complete by then.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^dist/' },
  },
};
