import { readFileSync } from 'node:fs';
import { collectDefaultMetrics } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { addReadings, createMetrics } from '../../src/ops/metrics.ts';

/** Names that exist beyond those in `createMetrics`: read from `ops.ts`, where they are listed. */
const readings = [...readFileSync('src/ops/ops.ts', 'utf8').matchAll(/name: '(\w+)'/g)].map(
  ([, name]) => ({ name: name ?? '', help: 'x', read: () => 0 }),
);

describe.each(['docs/grafana-dashboard.json', 'docs/alerts.yaml'])('%s', (file) => {
  it('asks for no figure that does not exist', async () => {
    const { registry } = createMetrics();
    addReadings(registry, readings);
    collectDefaultMetrics({ register: registry });
    const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));
    const asked = readFileSync(file, 'utf8').match(/\b(darkroom|process|nodejs)_\w+/g) ?? [];
    const unknown = asked.filter((name) => !known.has(name.replace(/_(bucket|sum|count)$/, '')));
    expect(asked.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });
});
