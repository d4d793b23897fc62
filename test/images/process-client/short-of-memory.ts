/** The picture process, on a machine that ends it unless it is frugal. */
import type { CallMessage } from '../../../src/images/process-client/calls.ts';

await import('../../../src/images/process/main.ts');
process.on('message', (call: CallMessage) => {
  if (call.do === 'open' && !call.mustBeFrugal) process.kill(process.pid, 'SIGKILL');
});
