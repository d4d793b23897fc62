/**
 * The rules for imports, checked by machine. A module imports only from those that stand behind it here:
 * main → commands → discord → pages → reply → discord-http → texts → generation → admission →
 * word-filter → gemini → images → store → async → domain
 */
const layerFolders = [
  'discord',
  'pages',
  'reply',
  'discord-http',
  'texts',
  'generation',
  'admission',
  'word-filter',
  'gemini',
  'images',
  'store',
  'async',
];

/** For each folder, everything that stands left of it. */
const layers = layerFolders.map((folder, index) => ({
  name: `${folder}-imports-only-to-its-right`,
  comment: 'Data flows one way; see ARCHITECTURE.md.',
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    path: [
      '^commands/',
      '^src/(main\\.ts$|app/)',
      ...layerFolders.slice(0, index).map((left) => `^src/${left}/`),
    ],
  },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'domain-imports-nothing',
      comment: 'But its own files, which everybody else reads by `domain.ts`.',
      severity: 'error',
      from: { path: '^src/domain(\\.ts$|/)' },
      to: { path: '.', pathNot: '^src/domain/' },
    },
    {
      name: 'domain-has-one-entry',
      severity: 'error',
      from: { path: '.', pathNot: '^src/domain(\\.ts$|/)' },
      to: { path: '^src/domain/' },
    },
    {
      name: 'events-import-the-domain-alone',
      comment: 'Every module may report.',
      severity: 'error',
      from: { path: '^src/events\\.ts$' },
      to: { path: '.', pathNot: '^src/domain\\.ts$' },
    },
    {
      name: 'commands-do-not-import-main',
      severity: 'error',
      from: { path: '^commands/' },
      to: { path: '^src/(main\\.ts$|app/)' },
    },
    {
      name: 'config-logger-and-ops-come-as-deps',
      comment: 'Only main.ts and app/ build things; the others get them as plain deps.',
      severity: 'error',
      from: {
        path: '^(commands|src)/',
        pathNot: '^src/(main\\.ts$|app/|config\\.ts$|ops/|operator/)',
      },
      to: { path: '^src/(config\\.ts|environment\\.ts|logger\\.ts|ops/|operator/)' },
    },
    {
      name: 'discord.js-stays-in-discord-in',
      comment: 'A worker process is reply/, generation/ and what stands right: no gateway client.',
      severity: 'error',
      from: {
        path: `^src/(${layerFolders.slice(1).join('|')}|ops|config|environment|logger|domain)`,
      },
      to: { path: 'node_modules/discord\\.js/' },
    },
    {
      name: 'store-queries-know-no-engine',
      comment: 'They run on every database; what is SQLite’s own stands in sqlite/.',
      severity: 'error',
      from: { path: '^src/store/(queries|quota|schema)/|^src/store/(engine|types)\\.ts$' },
      to: { path: ['^src/store/(sqlite/|(store|backup)\\.ts$)', '^(node:)?sqlite$'] },
    },
    {
      name: 'store-engine-knows-no-queries',
      severity: 'error',
      from: { path: '^src/store/sqlite/' },
      to: { path: '^src/store/', pathNot: '^src/store/(sqlite/|engine\\.ts$)' },
    },
    {
      name: 'only-the-engine-uses-sqlite',
      severity: 'error',
      from: { path: '^(src|commands)/', pathNot: '^src/store/sqlite/' },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'only-the-picture-process-decodes',
      comment: 'Files of strangers are decoded where no secret is; see SECURITY.md.',
      severity: 'error',
      from: { path: '^(src|commands)/', pathNot: '^src/images/process/' },
      to: { path: 'node_modules/(sharp|satori|@img)/' },
    },
    {
      name: 'nobody-loads-the-picture-process',
      comment: 'It is started by its path; what the bot shares with it stands beside the folder.',
      severity: 'error',
      from: { path: '^(src|commands)/', pathNot: '^src/images/process/' },
      to: { path: '^src/images/process/' },
    },
    {
      name: 'expressions-compile-in-their-thread',
      comment: 'Beside the operator’s own, at the start: a server decides how long its own take.',
      severity: 'error',
      from: {
        path: '^(src|commands)/',
        pathNot: '^src/(environment\\.ts|word-filter/(expressions|expression-worker)\\.ts)$',
      },
      to: { path: ['^src/word-filter/expressions\\.ts$', 'node_modules/re2js/'] },
    },
    {
      name: 'the-bot-knows-no-sandbox-test-or-bench',
      severity: 'error',
      from: { path: '^(src|commands)/' },
      to: { path: '^(sandbox|test|bench)/' },
    },
    {
      name: 'the-sandbox-knows-nothing-of-the-bot',
      comment: 'It speaks public protocols only, so that any other bot can be tried against it.',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|commands|test|bench|scripts)/' },
    },
    {
      name: 'the-sandbox-is-used-by-its-exports',
      comment: 'It is a package; what its package.json does not export is its own.',
      severity: 'error',
      from: { path: '^(test|bench|scripts)/' },
      to: {
        path: '^sandbox/',
        pathNot: '^sandbox/((discord/|gemini/)?index\\.ts$|test/page/chromium\\.ts$)',
      },
    },
    {
      name: 'the-sandbox-needs-no-tests',
      severity: 'error',
      from: { path: '^sandbox/', pathNot: '^sandbox/test/' },
      to: { path: '^sandbox/test/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'the-bot-runs-without-dev-dependencies',
      severity: 'error',
      from: { path: '^(src|commands)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^bench/node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
