import { openSync } from 'node:fs';
import pino from 'pino';
import type { Failure } from '../../../src/domain.ts';
import { createGemini } from '../../../src/gemini/gemini.ts';
import { DiskSpool } from '../../../src/images/spool/spool.ts';
import { REQUEST } from './client.ts';

// Run with few files allowed: opens all of them, asks for a picture, and prints what it came to.
const gemini = createGemini({
  baseUrl: new URL('http://127.0.0.1:9'),
  apiKey: 'key',
  models: { flash: { id: 'flash-id' }, pro: { id: 'pro-id' } },
  spool: new DiskSpool({ directory: '/tmp', maxBytes: 1_000 }),
  imageHosts: [],
  log: pino({ level: 'silent' }),
  sleep: async () => {},
});
let attempts = 0;
try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  // None is left.
}
try {
  const { signal } = new AbortController();
  for await (const { type } of gemini.generate(REQUEST, { signal })) {
    if (type === 'attempt') attempts += 1;
  }
} catch (error) {
  const { kind, details } = error as Failure;
  process.stdout.write(JSON.stringify({ kind, problem: details.problem, attempts }));
}
process.exit();
