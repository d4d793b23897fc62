import { readFileSync } from 'node:fs';
import { collectDefaultMetrics } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { GatewayWatch } from '../../src/discord/gateway-watch.ts';
import { addReadings, createMetrics } from '../../src/ops/metrics.ts';

const gateway = { isConnected: () => true, pingMs: () => 1 } as GatewayWatch;
const spool = { directory: '', maxBytes: 1, usedBytes: () => 1 };
const generations = { running: 1, waiting: 1 };

describe.each(['docs/grafana-dashboard.json', 'docs/alerts.yaml'])('%s', (file) => {
  it('asks for no figure that does not exist', async () => {
    const { registry } = createMetrics();
    addReadings(registry, { gateway, generations, spool });
    collectDefaultMetrics({ register: registry });
    const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));
    const asked = readFileSync(file, 'utf8').match(/\b(darkroom|process|nodejs)_\w+/g) ?? [];
    const unknown = asked.filter((name) => !known.has(name.replace(/_(bucket|sum|count)$/, '')));
    expect(asked.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });
});
