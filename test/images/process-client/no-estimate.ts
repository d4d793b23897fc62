/** The picture process, whose estimates find every picture harmless. */
import { DECODE_LIMITS } from '../../../src/images/process/decode-cost.ts';

Object.assign(DECODE_LIMITS, { decodeBytes: Number.POSITIVE_INFINITY });
await import('../../../src/images/process/main.ts');
