/** The process that fits, on a machine that ends it unless it is frugal. */
import type { FitCall } from '../../src/images/fit-calls.ts';

process.on('message', (call: FitCall) => {
  if (call.do === 'open' && call.limits.frugalPixels !== 0) process.kill(process.pid, 'SIGKILL');
});
await import('../../src/images/fit-process.ts');
