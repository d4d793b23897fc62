/** The process that fits, on a machine that ends it unless it is frugal. */
import type { FitCall } from '../../src/images/picture-calls.ts';

process.on('message', (call: FitCall) => {
  if (call.do === 'open' && call.limits.frugalPixels !== 0) process.kill(process.pid, 'SIGKILL');
});
await import('../../src/images/process/picture-process.ts');
