/** The picture process, with a decoder that never comes to an end. */
import type { CallMessage } from '../../../src/images/process-client/calls.ts';

const { emit } = process;
process.emit = function (this: NodeJS.Process, event: string, ...rest: unknown[]) {
  const [call] = rest as [CallMessage];
  if (event === 'message' && call.do === 'convert') {
    process.send?.({ type: 'started', id: call.id });
    return true;
  }
  return Reflect.apply(emit, this, [event, ...rest]) as boolean;
} as typeof process.emit;
await import('../../../src/images/process/main.ts');
