import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { FAILURE_PROBLEMS, IMAGE_SIZES, MODEL_LABELS } from '../domain.ts';
import type { BotEvent, GenerationEnded, ModelAttemptEnded } from '../events.ts';
import type { HealthDeps } from './health.ts';

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
      for (const outcome of OUTCOMES) metrics.generations.inc({ model, size, outcome }, 0);
    }
  }
  return { registry, ...metrics };
}

/** How a generation may end: see `EndOutcome`. */
const OUTCOMES = ['delivered', 'unreachable', ...Object.keys(FAILURE_PROBLEMS)].filter(
  (outcome) => outcome !== 'not_shown',
);

/** Over 80 lines: a list, with nothing in it to decide. */
function defineMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string = never>(
    name: string,
    help: string,
    labels: Label[] = [],
  ) => new Counter({ name, help, labelNames: labels, registers });
  const histogram = <Label extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labels: Label[] = [],
  ) => new Histogram({ name, help, buckets, labelNames: labels, registers });
  return {
    acknowledgement: histogram(
      'darkroom_acknowledgement_seconds',
      'From the arrival of an interaction to its acknowledgement; Discord waits 3 s',
      ACKNOWLEDGEMENT_SECONDS,
      ['kind'],
    ),
    unacknowledged: counter(
      'darkroom_interactions_unacknowledged_total',
      'Interactions whose acknowledgement Discord did not take',
    ),
    refusals: counter(
      'darkroom_refusals_total',
      'Requests that a limit or a rule of admission refused',
      ['limit'],
    ),

    queueWait: histogram(
      'darkroom_queue_wait_seconds',
      'From the request to the beginning of its run',
      [0.1, 0.5, ...PICTURE_SECONDS],
      ['model'],
    ),
    firstThought: histogram(
      'darkroom_first_thought_seconds',
      'From the first request to the model to its first thought',
      [0.25, 0.5, ...PICTURE_SECONDS],
      ['model'],
    ),
    imageSeconds: histogram(
      'darkroom_image_seconds',
      'From the beginning of the run to the whole picture',
      PICTURE_SECONDS,
      ['model', 'size'],
    ),
    delivered: histogram(
      'darkroom_delivery_seconds',
      'From the request to the delivered picture: what the person waited',
      PICTURE_SECONDS,
      ['model', 'size'],
    ),
    imageBytes: histogram(
      'darkroom_image_bytes',
      'Bytes of a picture as the model made it',
      [0.25, 0.5, 1, 2, 4, 8, 10, 16, 20, 25, 32, 64].map((mib) => mib * MEBIBYTE),
      ['model', 'size'],
    ),
    deliveredBytes: counter(
      'darkroom_delivered_bytes_total',
      'Bytes of pictures that Discord took',
    ),
    generations: counter(
      'darkroom_generations_total',
      'Generations that ended, by model, size and outcome (delivered, or the kind of failure)',
      ['model', 'size', 'outcome'],
    ),
    tokens: counter('darkroom_tokens_total', 'Tokens as the model counted them', ['model', 'kind']),
    costDollars: counter(
      'darkroom_cost_dollars_total',
      'What generations cost by the configured prices; 0 without prices',
      ['model'],
    ),

    attempts: counter(
      'darkroom_model_attempts_total',
      'Requests to the model, by how each ended (ok, or the kind of failure)',
      ['model', 'outcome'],
    ),
    retries: counter(
      'darkroom_model_retries_total',
      'Attempts that were followed by another one, by why',
      ['model', 'reason'],
    ),

    discordWrites: counter(
      'darkroom_discord_requests_total',
      'Requests to Discord, by route and outcome (ok, rate_limited for a 429, busy, …)',
      ['route', 'outcome'],
    ),
    fits: counter(
      'darkroom_fits_total',
      'Pictures that had to be made smaller for an upload limit',
      ['outcome'],
    ),
    fitSeconds: histogram(
      'darkroom_fit_seconds',
      'How long it took to make a picture fit, its wait for a turn included',
      [0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120],
    ),
    gatewayDrops: counter('darkroom_gateway_drops_total', 'Lost connections to the gateway'),
    gatewayIdentifies: counter(
      'darkroom_gateway_identifies_total',
      'Logins to the gateway; Discord allows 1000 in 24 hours',
    ),
    gatewayCloses: counter(
      'darkroom_gateway_closes_total',
      'Ends of connections to the gateway by close code, before READY as well',
      ['code'],
    ),
    checkState: new Gauge({
      name: 'darkroom_check',
      help: 'Result of each health check: 1 good, 0.5 needs attention, 0 failing',
      labelNames: ['check'],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Generations of this process. */
export interface GenerationCounts {
  running: number;
  waiting: number;
}

/** Adds gauges for what the process can say at any time; null leaves the last value out. */
export function addReadings(
  registry: Registry,
  {
    gateway,
    generations,
    spool,
  }: Pick<HealthDeps, 'gateway' | 'spool'> & { generations: GenerationCounts },
): void {
  const gauge = (name: string, help: string, read: () => number | null) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const value = read();
        if (value === null) this.reset();
        else this.set(value);
      },
    });
  gauge(
    'darkroom_queue_waiting',
    'Generations that wait for their turn',
    () => generations.waiting,
  );
  gauge('darkroom_generations_running', 'Generations under way', () => generations.running);
  gauge('darkroom_spool_bytes', 'Bytes of pictures under way on disk', spool.usedBytes);
  gauge('darkroom_spool_max_bytes', 'The bound of the above (SPOOL_MAX_MB)', () => spool.maxBytes);
  gauge(
    'darkroom_gateway_connected',
    'Whether the gateway can bring interactions now: 1 or 0',
    () => (gateway.isConnected() ? 1 : 0),
  );
  gauge('darkroom_gateway_ping_seconds', 'From a heartbeat to its answer', () => {
    const pingMs = gateway.pingMs();
    return pingMs === null ? null : pingMs / 1_000;
  });
}

type Recorders = {
  [Type in BotEvent['type']]: (event: Extract<BotEvent, { type: Type }>, metrics: Metrics) => void;
};

/** What each event adds to the metrics. */
const RECORDERS: Recorders = {
  interaction_answered: ({ kind, ms }, { acknowledgement }) =>
    acknowledgement.observe({ kind }, seconds(ms)),
  interaction_unanswered: (_, { unacknowledged }) => unacknowledged.inc(),
  request_refused: ({ limit }, { refusals }) => refusals.inc({ limit }),
  run_started({ model, waitedMs, runs }, { queueWait }) {
    if (runs === 1) queueWait.observe({ model }, seconds(waitedMs));
  },
  model_attempt_ended: recordAttempt,
  first_thought: ({ model, sinceRequestMs }, { firstThought }) =>
    firstThought.observe({ model }, seconds(sinceRequestMs)),
  image_received({ model, size, bytes, sinceStartMs }, { imageBytes, imageSeconds }) {
    imageBytes.observe({ model, size }, bytes);
    if (sinceStartMs !== null) imageSeconds.observe({ model, size }, seconds(sinceStartMs));
  },
  generation_ended: recordEnd,
  image_fitted({ purpose, outcome, ms }, { fits, fitSeconds }) {
    // The metrics are about deliveries: a reference that is made smaller is none.
    if (purpose !== 'delivery') return;
    fits.inc({ outcome });
    fitSeconds.observe(seconds(ms));
  },
  discord_request_ended: ({ route, outcome }, { discordWrites }) =>
    discordWrites.inc({ route, outcome }),
  gateway_identified: (_, { gatewayIdentifies }) => gatewayIdentifies.inc(),
  gateway_dropped: (_, { gatewayDrops }) => gatewayDrops.inc(),
  gateway_closed: ({ code }, { gatewayCloses }) => gatewayCloses.inc({ code }),
};

/** Adds an event to the metrics. */
export function recordEvent<Event extends BotEvent>(event: Event, metrics: Metrics): void {
  const record = RECORDERS[event.type] as (event: Event, metrics: Metrics) => void;
  record(event, metrics);
}

function recordAttempt(
  { model, outcome, followedBy }: ModelAttemptEnded,
  { attempts, retries }: Metrics,
): void {
  attempts.inc({ model, outcome });
  if (followedBy === 'retry') retries.inc({ model, reason: outcome });
}

function recordEnd(event: GenerationEnded, metrics: Metrics): void {
  const { model, size, outcome, delivered, ms, usage, costMicros } = event;
  metrics.generations.inc({ model, size, outcome });
  if (delivered !== null) {
    metrics.delivered.observe({ model, size }, seconds(ms));
    metrics.deliveredBytes.inc(delivered.bytes);
  }
  if (costMicros !== null) metrics.costDollars.inc({ model }, costMicros / 1_000_000);
  const { promptTokens, imageTokens, thoughtTokens, totalTokens } = usage ?? {};
  const kinds = { prompt: promptTokens, image: imageTokens, thinking: thoughtTokens };
  for (const [kind, count] of Object.entries({ ...kinds, total: totalTokens })) {
    if (count != null) metrics.tokens.inc({ model, kind }, count);
  }
}

function seconds(ms: number): number {
  return Math.max(0, ms) / 1_000;
}
