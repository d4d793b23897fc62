import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { IMAGE_SIZES, MODEL_LABELS } from '../domain.ts';
import type { EndOutcome } from '../events.ts';

/**
 * Seconds that people wait for pictures: from a cache's answer to the whole limit of 12 minutes,
 * finest where most pictures are (17 to 60 s).
 */
const PICTURE_SECONDS = [1, 2.5, 5, 10, 15, 20, 25, 30, 40, 50, 60, 90, 120, 180, 300, 480, 720];

/** An interaction is dead after 3 s; what takes more than a tenth of that is worth a look. */
const ACKNOWLEDGEMENT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3];

const MEBIBYTE = 1_048_576;

/**
 * Everything that is counted, in a registry of its own. Labels hold closed sets alone (models,
 * sizes, kinds, routes' templates): never an id of a person, server or channel, a prompt, or a
 * secret, so that nothing grows with the number of people and nothing about them leaves.
 */
export function createMetrics() {
  const registry = new Registry();
  const metrics = defineMetrics(registry);
  // What is born at 1 has not increased, and an alert would miss the first of each.
  for (const model of Object.keys(MODEL_LABELS)) {
    metrics.costDollars.inc({ model }, 0);
    for (const size of IMAGE_SIZES) {
      for (const outcome of Object.keys(OUTCOMES)) {
        metrics.generations.inc({ model, size, outcome }, 0);
      }
    }
  }
  return { registry, ...metrics };
}

/** How a generation may end: see `GenerationEnded`. */
const OUTCOMES = {
  delivered: true,
  unreachable: true,
  refused_prompt: true,
  refused_image: true,
  no_image: true,
  busy: true,
  cut: true,
  timeout: true,
  bad_answer: true,
  rejected: true,
  reference: true,
  misconfigured: true,
  limit: true,
  no_space: true,
  cancelled: true,
  interrupted: true,
  internal: true,
} as const satisfies Record<EndOutcome, true>;

/** A list: long, with nothing in it to decide. */
function defineMetrics(registry: Registry) {
  const registers = [registry];
  return {
    acknowledgement: new Histogram({
      name: 'darkroom_acknowledgement_seconds',
      help: 'From the arrival of an interaction to its acknowledgement; Discord waits 3 s',
      labelNames: ['kind'],
      buckets: ACKNOWLEDGEMENT_SECONDS,
      registers,
    }),
    unacknowledged: new Counter({
      name: 'darkroom_interactions_unacknowledged_total',
      help: 'Interactions whose acknowledgement Discord did not take',
      registers,
    }),
    refusals: new Counter({
      name: 'darkroom_refusals_total',
      help: 'Requests that a limit or a rule of admission refused',
      labelNames: ['limit'],
      registers,
    }),

    queueWait: new Histogram({
      name: 'darkroom_queue_wait_seconds',
      help: 'From the request to the beginning of its run',
      labelNames: ['model'],
      buckets: [0.1, 0.5, ...PICTURE_SECONDS],
      registers,
    }),
    firstThought: new Histogram({
      name: 'darkroom_first_thought_seconds',
      help: 'From the first request to the model to its first thought',
      labelNames: ['model'],
      buckets: [0.25, 0.5, ...PICTURE_SECONDS],
      registers,
    }),
    imageSeconds: new Histogram({
      name: 'darkroom_image_seconds',
      help: 'From the beginning of the run to the whole picture',
      labelNames: ['model', 'size'],
      buckets: PICTURE_SECONDS,
      registers,
    }),
    delivered: new Histogram({
      name: 'darkroom_delivery_seconds',
      help: 'From the request to the delivered picture: what the person waited',
      labelNames: ['model', 'size'],
      buckets: PICTURE_SECONDS,
      registers,
    }),
    imageBytes: new Histogram({
      name: 'darkroom_image_bytes',
      help: 'Bytes of a picture as the model made it',
      labelNames: ['model', 'size'],
      buckets: [0.25, 0.5, 1, 2, 4, 8, 10, 16, 20, 25, 32, 64].map((mib) => mib * MEBIBYTE),
      registers,
    }),
    deliveredBytes: new Counter({
      name: 'darkroom_delivered_bytes_total',
      help: 'Bytes of pictures that Discord took',
      registers,
    }),
    generations: new Counter({
      name: 'darkroom_generations_total',
      help: 'Generations that ended, by model, size and outcome (delivered, or the kind of failure)',
      labelNames: ['model', 'size', 'outcome'],
      registers,
    }),
    tokens: new Counter({
      name: 'darkroom_tokens_total',
      help: 'Tokens as the model counted them',
      labelNames: ['model', 'kind'],
      registers,
    }),
    costDollars: new Counter({
      name: 'darkroom_cost_dollars_total',
      help: 'What generations cost by the configured prices; 0 without prices',
      labelNames: ['model'],
      registers,
    }),

    attempts: new Counter({
      name: 'darkroom_model_attempts_total',
      help: 'Requests to the model, by how each ended (ok, or the kind of failure)',
      labelNames: ['model', 'outcome'],
      registers,
    }),
    retries: new Counter({
      name: 'darkroom_model_retries_total',
      help: 'Attempts that were followed by another one, by why',
      labelNames: ['model', 'reason'],
      registers,
    }),

    discordWrites: new Counter({
      name: 'darkroom_discord_requests_total',
      help: 'Requests to Discord, by route and outcome (ok, rate_limited for a 429, busy, …)',
      labelNames: ['route', 'outcome'],
      registers,
    }),
    fits: new Counter({
      name: 'darkroom_fits_total',
      help: 'Pictures that had to be made smaller for an upload limit',
      labelNames: ['outcome'],
      registers,
    }),
    fitSeconds: new Histogram({
      name: 'darkroom_fit_seconds',
      help: 'How long it took to make a picture fit, its wait for a turn included',
      buckets: [0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120],
      registers,
    }),
    gatewayDrops: new Counter({
      name: 'darkroom_gateway_drops_total',
      help: 'Lost connections to the gateway',
      registers,
    }),
    gatewayIdentifies: new Counter({
      name: 'darkroom_gateway_identifies_total',
      help: 'Logins to the gateway; Discord allows 1000 in 24 hours',
      registers,
    }),
    gatewayCloses: new Counter({
      name: 'darkroom_gateway_closes_total',
      help: 'Ends of connections to the gateway by close code, before READY as well',
      labelNames: ['code'],
      registers,
    }),
    checkState: new Gauge({
      name: 'darkroom_check',
      help: 'Result of each health check: 1 good, 0.5 needs attention, 0 failing',
      labelNames: ['check'],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** A figure that is read when somebody looks. */
export interface Reading {
  name: string;
  help: string;
  read: () => number | null;
}

/** Adds gauges for what the process can say at any time; null leaves the last value out. */
export function addReadings(registry: Registry, readings: readonly Reading[]): void {
  for (const { name, help, read } of readings) {
    new Gauge({
      name: `darkroom_${name}`,
      help,
      registers: [registry],
      collect() {
        const value = read();
        if (value === null) this.reset();
        else this.set(value);
      },
    });
  }
}
