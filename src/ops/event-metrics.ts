import type { BotEvent, GenerationEnded, ModelAttemptEnded } from '../events.ts';
import type { Metrics } from './metrics.ts';

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
