/**
 * What `npm pack` needs before and after it. Node runs no TypeScript below `node_modules`, so the
 * package holds JavaScript: the types are stripped into `dist/`, and package.json points there while
 * it is packed. `--restore` takes both back.
 */
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const DIST = 'dist';
const MANIFEST = join(HERE, 'package.json');
/** The manifest as it is in the repository, while the packed one stands in its place. */
const KEPT = join(HERE, 'package.json.kept');

const SOURCES = '**/*.ts';
const PAGE_FILES = 'page/browser/*.{js,css,html,svg}';
const LEFT_OUT = ['node_modules', 'node_modules/**', `${DIST}/**`, 'test/**', 'scripts/**'];

/** An import or export of a file of this package. */
const OWN_FILE = /(\b(?:from|import)\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+)\.ts\2/g;

function restore(): void {
  rmSync(join(HERE, DIST), { recursive: true, force: true });
  if (existsSync(KEPT)) renameSync(KEPT, MANIFEST);
}

function build(): void {
  const place = (file: string): string => {
    const path = join(HERE, DIST, file);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  for (const file of globSync(SOURCES, { cwd: HERE, exclude: LEFT_OUT })) {
    if (file.endsWith('.d.ts')) continue;
    const code = stripTypeScriptTypes(readFileSync(join(HERE, file), 'utf8'));
    writeFileSync(place(inJavaScript(file)), code.replace(OWN_FILE, '$1$2$3.js$2'));
  }
  for (const file of globSync(PAGE_FILES, { cwd: HERE })) {
    copyFileSync(join(HERE, file), place(file));
  }
}

function pointToBuild(): void {
  const {
    scripts: _,
    devDependencies: __,
    ...manifest
  } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  copyFileSync(MANIFEST, KEPT);
  const packed = { ...manifest, bin: moved(manifest.bin), exports: moved(manifest.exports) };
  writeFileSync(MANIFEST, `${JSON.stringify(packed, null, 2)}\n`);
}

/** The same names for the files of the build. */
function moved(files: Record<string, string>): Record<string, string> {
  const entries = Object.entries(files).map(([name, file]) => {
    return [name, `./${DIST}/${inJavaScript(file).replace('./', '')}`];
  });
  return Object.fromEntries(entries);
}

function inJavaScript(file: string): string {
  return file.replace(/\.ts$/, '.js');
}

restore();
if (!process.argv.includes('--restore')) {
  build();
  pointToBuild();
}
