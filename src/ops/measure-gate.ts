import type { Metrics } from './metrics.ts';

/** What is looked at of an interaction; discord.js stays in its folder. */
interface Answerable {
  isAutocomplete(): boolean;
}

/**
 * Times acknowledgements from the arrival of the interaction. Deferrals are sent by `acknowledge`;
 * forms and suggestions are themselves the first answer, and are timed to the end of their handling.
 */
export function measureGate<T extends Answerable>(metrics: Metrics) {
  const arrivedAt = new WeakMap<object, number>();

  function observe(interaction: object, kind: string): void {
    const arrived = arrivedAt.get(interaction);
    if (arrived === undefined) return;
    arrivedAt.delete(interaction);
    metrics.acknowledgement.observe({ kind }, (performance.now() - arrived) / 1_000);
  }

  return {
    /** Around the gate itself. */
    gate(handle: (interaction: T) => Promise<void>) {
      return async (interaction: T): Promise<void> => {
        arrivedAt.set(interaction, performance.now());
        await handle(interaction);
        const isAnswered =
          ('replied' in interaction && interaction.replied === true) ||
          ('responded' in interaction && interaction.responded === true);
        if (isAnswered) {
          observe(interaction, interaction.isAutocomplete() ? 'autocomplete' : 'direct');
        }
      };
    },
    /** Around what sends the deferral; both get the same interaction object. */
    acknowledge<Args extends [interaction: object, kind: string]>(
      send: (...args: Args) => Promise<void>,
    ) {
      return async (...args: Args): Promise<void> => {
        try {
          await send(...args);
          observe(args[0], args[1]);
        } catch (error) {
          metrics.unacknowledged.inc();
          throw error;
        }
      };
    },
  };
}
