import { readFileSync, writeFileSync } from 'node:fs';

/**
 * `npm ci` refuses a lock file that lacks one of the optional packages that its packages name, such
 * as a tool's build for another system; and `npm install` leaves out those that the registry it
 * asked does not have. This adds them by what their names say, without a hash, for nothing here
 * installs them. `--check` only says what is missing, and fails.
 */
const FILES = ['package-lock.json', 'bench/package-lock.json'];
const isCheck = process.argv.includes('--check');

interface LockedPackage {
  version?: string;
  cpu?: string[];
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

/** System, processor and C library, as they stand in the names of such packages. */
const BUILD =
  /(?<os>aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(?<cpu>arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64|wasm32)/;

function missingOf(packages: Record<string, LockedPackage>): [string, LockedPackage][] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies, dev }]) =>
    Object.entries(optionalDependencies ?? {}).flatMap(([name, range]) => {
      const place = `node_modules/${name}`;
      const isLocked = packages[place] ?? packages[`${path}/${place}`];
      const build = BUILD.exec(name)?.groups;
      if (isLocked !== undefined || build === undefined) return [];
      const { os = '', cpu = '' } = build;
      const libc = name.includes('musl') ? ['musl'] : name.includes('gnu') ? ['glibc'] : null;
      const added: LockedPackage = {
        version: range.replace(/^[~^]/, ''),
        cpu: [cpu],
        ...(dev ? { dev } : {}),
        optional: true,
        os: [os],
        ...(os === 'linux' && libc ? { libc } : {}),
      };
      return [[place, added] as [string, LockedPackage]];
    }),
  );
}

for (const file of FILES) {
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingOf(lock.packages);
  if (missing.length === 0) continue;
  process.stdout.write(`${file} lacks ${missing.map(([place]) => place).join(', ')}\n`);
  if (isCheck) {
    process.stdout.write('Add them with: node scripts/complete-lock.ts\n');
    process.exitCode = 1;
    continue;
  }
  const packages = Object.entries({ ...lock.packages, ...Object.fromEntries(missing) });
  lock.packages = Object.fromEntries(packages.sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
