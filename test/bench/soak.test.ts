import { describe, expect, it } from 'vitest';
import { growthPerHour } from '../../bench/soak/process-memory.ts';
import { runSoak } from '../../bench/soak/soak.ts';

const isLinux = process.platform === 'linux';

describe('a short soak', () => {
  it.runIf(isLinux)(
    'stays small, brings every reply to an end, and leaves no file behind',
    { timeout: 120_000 },
    async () => {
      const report = await runSoak({
        seconds: 6,
        warmUpSeconds: 2,
        people: 10,
        sampleMs: 200,
        restWithinMs: 20_000,
        say: () => {},
      });
      expect(report).toMatchObject({ unfinished: 0, spoolFiles: 0 });
      expect(report.pictures).toBeGreaterThan(5);
      expect(report.peakTogetherMb).toBeLessThan(512);
      // Sockets may be kept for as long as the other side offers; files may not.
      expect(report.after.files).toBeLessThanOrEqual(report.before.files + 2);
    },
  );
});

describe('growth', () => {
  it('is the slope of memory over time', () => {
    const samples = [0, 10, 20, 30].map((at) => ({ at, rssMb: 100 + at / 10, togetherMb: 0 }));
    expect(growthPerHour(samples)).toBeCloseTo(360);
    expect(growthPerHour(samples.slice(0, 1))).toBe(0);
  });
});
