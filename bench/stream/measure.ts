/**
 * One measurement in a process of its own: `measure.ts CLIENT CONCURRENCY ROUNDS URL BYTES`.
 * Prints `{ cpuMsPerPicture, longestPauseMs, peakRssMb, seconds }`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CLIENTS, type ClientName } from './clients.ts';

const [name = '', concurrency = '1', rounds = '1', url = '', wanted = '0'] = process.argv.slice(2);
const client = await CLIENTS[name as ClientName](url);

async function round(): Promise<void> {
  const pictures = Array.from({ length: Number(concurrency) }, () => client.picture());
  for (const bytes of await Promise.all(pictures)) {
    if (bytes < Number(wanted)) throw new Error(`${name} got ${bytes} bytes of ${wanted}`);
  }
}

// The loading of code and its first compilation are not what is asked about.
await client.picture();

const RESOLUTION_MS = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
const cpu = process.cpuUsage();
const startedAt = performance.now();
for (let left = Number(rounds); left > 0; left--) await round();
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - startedAt) / 1_000;
delay.disable();

const pictures = Number(concurrency) * Number(rounds);
const result = {
  cpuMsPerPicture: (user + system) / 1_000 / pictures,
  longestPauseMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
  // Kibibytes on Linux.
  peakRssMb: process.resourceUsage().maxRSS / 1_024,
  seconds,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await client.close();
