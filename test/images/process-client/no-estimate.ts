/** The picture process, whose estimates find every picture harmless. */
import { DECODE_LIMITS } from '../../../src/images/process/decode-cost.ts';
import { FIT_LIMITS } from '../../../src/images/process/encode.ts';

Object.assign(DECODE_LIMITS, { decodeBytes: Number.POSITIVE_INFINITY });
Object.assign(FIT_LIMITS, { maxPixels: 300_000_000 });
await import('../../../src/images/process/main.ts');
