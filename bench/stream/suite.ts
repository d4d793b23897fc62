import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { median, round } from '../statistics.ts';
import type { SuiteOptions } from '../suite.ts';
import type { ClientName } from './clients.ts';

const PICTURE_BYTES = 20_000_000;

/** Which client is measured at which concurrencies. The SDK takes minutes beyond 8. */
const ROWS = {
  floor: [1, 8, 32, 64],
  darkroom: [1, 8, 32, 64],
  naive: [1, 8, 32, 64],
  genai: [1, 8],
} as const satisfies Record<ClientName, number[]>;

interface Measurement {
  cpuMsPerPicture: number;
  longestPauseMs: number;
  peakRssMb: number;
}

export interface Row extends Measurement {
  client: ClientName;
  concurrency: number;
}

/**
 * A 20 MB picture (26.7 MB of base64) over loopback, in chunks of 64 KiB, through each client:
 * CPU of the reading process a picture, the longest pause of its event loop, its peak RSS. The
 * floor reads the bytes with the same HTTP client and drops them.
 */
export async function run({ runs, clients, say }: SuiteOptions) {
  const names = (Object.keys(ROWS) as ClientName[]).filter(
    (name) => clients?.includes(name) ?? true,
  );
  const keys = names.flatMap((client) =>
    ROWS[client].map((concurrency) => ({ client, concurrency })),
  );
  const measured = new Map<string, Measurement[]>();
  say(`stream: one picture of ${PICTURE_BYTES / 1e6} MB, ${runs} runs, medians`);
  const { server, url } = await startServer();
  try {
    // Round after round, so that a busy moment of the machine does not fall on one client alone.
    for (let turn = 1; turn <= runs; turn++) {
      for (const { client, concurrency } of keys) {
        const key = `${client} ${concurrency}`;
        const results = measured.get(key) ?? [];
        results.push(await measure(client, concurrency, url));
        measured.set(key, results);
      }
      process.stderr.write(`run ${turn} of ${runs} done\n`);
    }
  } finally {
    server.stdin?.end();
    await once(server, 'exit');
  }
  const rows = keys.map((key) =>
    medianRow(key, measured.get(`${key.client} ${key.concurrency}`) ?? []),
  );
  for (const line of table(rows)) say(line);
  return { suite: 'stream', rows };
}

async function startServer(): Promise<{ server: ChildProcess; url: string }> {
  const script = join(import.meta.dirname, 'server.ts');
  const server = spawn(process.execPath, [script, String(PICTURE_BYTES)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface(server.stdout), 'line')) as [string];
  return { server, url };
}

async function measure(client: ClientName, concurrency: number, url: string): Promise<Measurement> {
  const script = join(import.meta.dirname, 'measure.ts');
  // One at a time, a single picture is too short to be told from noise.
  const rounds = concurrency === 1 && client !== 'genai' ? 5 : 1;
  const parameters = [client, concurrency, rounds, url, PICTURE_BYTES].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...parameters]);
  return JSON.parse(stdout) as Measurement;
}

function medianRow(key: Pick<Row, 'client' | 'concurrency'>, all: Measurement[]): Row {
  const of = (field: keyof Measurement) => round(median(all.map((one) => one[field])));
  return {
    ...key,
    cpuMsPerPicture: of('cpuMsPerPicture'),
    longestPauseMs: of('longestPauseMs'),
    peakRssMb: of('peakRssMb'),
  };
}

/** The rows, with their ratios to the floor and to Darkroom at the same concurrency. */
function* table(rows: Row[]): Generator<string, void> {
  const at = (client: ClientName, concurrency: number) =>
    rows.find((row) => row.client === client && row.concurrency === concurrency);
  const ratio = (row: Row, other: Row | undefined) =>
    other === undefined ? '–' : `${(row.cpuMsPerPicture / other.cpuMsPerPicture).toFixed(2)}×`;
  const cells = rows.map((row) => [
    row.client,
    String(row.concurrency),
    `${row.cpuMsPerPicture} ms`,
    `${row.longestPauseMs} ms`,
    `${row.peakRssMb} MB`,
    ratio(row, at('floor', row.concurrency)),
    ratio(row, at('darkroom', row.concurrency)),
  ]);
  const head = [
    'client',
    'at once',
    'CPU a picture',
    'longest pause',
    'peak RSS',
    'CPU / floor',
    'CPU / darkroom',
  ];
  for (const line of [head, ...cells]) {
    yield line.map((cell, column) => (column === 0 ? cell.padEnd(9) : cell.padStart(15))).join('');
  }
}
