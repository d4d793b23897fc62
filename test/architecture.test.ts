import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handlers } from '../commands/index.ts';

const { options, forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

/** One repository in which every rule is broken exactly where its key says: rule → [file, its import]. */
const broken: Record<string, [file: string, imports: string]> = {
  'discord-imports-only-to-its-right': ['src/discord/a.ts', '../../commands/fine.ts'],
  'pages-imports-only-to-its-right': ['src/pages/a.ts', '../discord/fine.ts'],
  'reply-imports-only-to-its-right': ['src/reply/a.ts', '../pages/fine.ts'],
  'discord-http-imports-only-to-its-right': ['src/discord-http/a.ts', '../reply/fine.ts'],
  'texts-imports-only-to-its-right': ['src/texts/a.ts', '../discord-http/fine.ts'],
  'generation-imports-only-to-its-right': ['src/generation/a.ts', '../texts/fine.ts'],
  'admission-imports-only-to-its-right': ['src/admission/a.ts', '../generation/fine.ts'],
  'word-filter-imports-only-to-its-right': ['src/word-filter/a.ts', '../admission/fine.ts'],
  'gemini-imports-only-to-its-right': ['src/gemini/a.ts', '../word-filter/fine.ts'],
  'images-imports-only-to-its-right': ['src/images/a.ts', '../gemini/fine.ts'],
  'store-imports-only-to-its-right': ['src/store/a.ts', '../images/fine.ts'],
  'async-imports-only-to-its-right': ['src/async/a.ts', '../store/fine.ts'],
  'domain-imports-nothing': ['src/domain/a.ts', '../store/fine.ts'],
  'domain-has-one-entry': ['src/images/e.ts', '../domain/a.ts'],
  'events-import-the-domain-alone': ['src/events.ts', './store/fine.ts'],
  'commands-do-not-import-main': ['commands/a.ts', '../src/main.ts'],
  'config-logger-and-ops-come-as-deps': ['src/reply/b.ts', '../config.ts'],
  'discord.js-stays-in-discord-in': ['src/reply/c.ts', 'discord.js'],
  'store-queries-know-no-engine': ['src/store/queries/a.ts', '../sqlite/fine.ts'],
  'store-engine-knows-no-queries': ['src/store/sqlite/a.ts', '../queries/fine.ts'],
  'only-the-engine-uses-sqlite': ['src/store/c.ts', 'node:sqlite'],
  'only-the-picture-process-decodes': ['src/images/c.ts', 'sharp'],
  'nobody-loads-the-picture-process': ['src/images/d.ts', './process/fine.ts'],
  'expressions-compile-in-their-thread': ['src/generation/b.ts', 're2js'],
  'the-bot-knows-no-sandbox-test-or-bench': ['src/gemini/b.ts', '../../sandbox/fine.ts'],
  'the-sandbox-knows-nothing-of-the-bot': ['sandbox/a.ts', '../src/store/fine.ts'],
  'the-sandbox-is-used-by-its-exports': ['test/a.ts', '../sandbox/fine.ts'],
  'the-sandbox-needs-no-tests': ['sandbox/b.ts', './test/fine.ts'],
  'no-cycles': ['src/store/loop-a.ts', './loop-b.ts'],
  'everything-resolves': ['src/store/b.ts', './not-there.ts'],
  'the-bot-runs-without-dev-dependencies': ['src/images/b.ts', 'fast-check'],
};

let repository: string;
let found: Set<string>;

beforeAll(async () => {
  repository = mkdtempSync(join(tmpdir(), 'darkroom-layers-'));
  const put = (file: string, text: string) => {
    mkdirSync(dirname(join(repository, file)), { recursive: true });
    writeFileSync(join(repository, file), text);
  };
  const layers =
    'discord pages reply discord-http texts generation admission word-filter gemini images';
  for (const folder of [...layers.split(' '), 'store', 'async']) {
    put(`src/${folder}/fine.ts`, 'export type Fine = 1;');
  }
  for (const file of ['commands/fine.ts', 'sandbox/fine.ts', 'sandbox/test/fine.ts']) {
    put(file, 'export type Fine = 1;');
  }
  for (const file of ['src/main.ts', 'src/config.ts']) put(file, 'export type Fine = 1;');
  for (const folder of ['images/process', 'store/queries', 'store/sqlite']) {
    put(`src/${folder}/fine.ts`, 'export type Fine = 1;');
  }
  put('src/store/loop-b.ts', "export type * from './loop-a.ts';");
  // Types are dependencies too: a folder that knows another's types is coupled to it.
  for (const [file, imports] of Object.values(broken))
    put(file, `import type {} from '${imports}';`);
  symlinkSync(resolve('node_modules'), join(repository, 'node_modules'));
  writeFileSync(
    join(repository, 'package.json'),
    '{"dependencies":{"discord.js":"1","re2js":"1","sharp":"1"},"devDependencies":{"fast-check":"1"}}',
  );
  const { output } = await cruise(['src', 'commands', 'sandbox', 'test'], {
    ...options,
    ruleSet: { forbidden },
    validate: true,
    baseDir: repository,
  });
  found = new Set(
    (output as ICruiseResult).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`),
  );
});
afterAll(() => rmSync(repository, { recursive: true }));

describe('the layer rules', () => {
  it.each(forbidden.map((rule: { name: string }) => rule.name) as string[])(
    'notice when %s is broken',
    (name) => {
      expect(found).toContain(`${name}: ${broken[name]?.[0]}`);
    },
  );
});

describe('the sandbox', () => {
  it('knows the bot’s variables in one file alone', () => {
    const settings = readFileSync('.env.example', 'utf8').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm);
    const names = new RegExp(`\\b(${[...settings].map(([, name]) => name).join('|')})\\b`);
    const files = globSync('sandbox/**/*.{ts,js}', {
      exclude: ['sandbox/test/**', 'sandbox/dist/**', '**/node_modules'],
    });
    const knowing = files.filter((file) => names.test(readFileSync(file, 'utf8')));
    expect(knowing).toEqual(['sandbox/darkroom.ts']);
  });
});

describe('the list of commands', () => {
  it('misses no file of the commands folder', () => {
    const files = readdirSync('commands').filter(
      (file) => file.endsWith('.ts') && !['index.ts', 'options.ts'].includes(file),
    );
    const names = handlers.slash.map((command) => command.data.name);
    expect(files.map((file) => file.replace('.ts', '')).sort()).toEqual(names.sort());
  });

  it('misses nothing that can be clicked', () => {
    const read = (file: string) => readFileSync(file, 'utf8');
    const index = read('commands/index.ts');
    const files = readdirSync('commands/picture').filter((file) =>
      /: (?:ComponentHandler|MessageCommand) = /.test(read(`commands/picture/${file}`)),
    );
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) expect(index).toContain(`'./picture/${file}'`);
  });

  it('has every name once', () => {
    const names = handlers.components.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('ARCHITECTURE.md', () => {
  const [, drawing = ''] = readFileSync('ARCHITECTURE.md', 'utf8').split('```');
  const foldersOf = (path: string) =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => `${name}/`);

  it('draws every folder of the repository, and none that is not there', () => {
    // What Git does not know is no part of it: installed packages, the data of a run.
    const ignored = readFileSync('.gitignore', 'utf8').split('\n');
    const built = [...foldersOf('.'), ...foldersOf('src')].filter(
      (name) => !ignored.some((line) => line.replaceAll('/', '') === name.slice(0, -1)),
    );
    const drawn = [...drawing.matchAll(/^ {0,2}([\w-]+\/)/gm)].map(([, name]) => name);
    expect(drawn.toSorted()).toEqual(built.toSorted());
  });
});
