import type { ModelKey } from '../domain.ts';

/**
 * What a model is called after its preview has been shut down. Google's deprecation page names
 * these; the protocol is the same.
 */
const SUCCESSORS: ReadonlyMap<string, string> = new Map([
  ['gemini-3.1-flash-image-preview', 'gemini-3.1-flash-image'],
  ['gemini-3-pro-image-preview', 'gemini-3-pro-image'],
]);

/**
 * Which ids are in use. A model that is gone gives way to its successor, but only one that has
 * answered stays: gateways deny for a while that they know a model whose servers are all down.
 */
export class ModelIds {
  readonly #models: Record<ModelKey, { id: string }>;
  /** The ids that answered last, where any has. */
  readonly #answered = new Map<ModelKey, string>();

  constructor(models: Record<ModelKey, { id: string }>) {
    this.#models = models;
  }

  /**
   * The id to ask for: the one that answered last, at first the configured one; another name of
   * the model where that one is among those that were just denied, the keys.
   */
  pick(model: ModelKey, denied: ReadonlyMap<string, unknown> = new Map()): string {
    const configured = this.#models[model].id;
    const ids = [this.#answered.get(model), configured, SUCCESSORS.get(configured)];
    // Where all are denied, the one that a person wrote down is as good as any.
    return ids.find((id) => id !== undefined && !denied.has(id)) ?? configured;
  }

  /** Call when an id has answered. Returns the id that it takes over from, if it does. */
  answered(model: ModelKey, id: string): string | null {
    const before = this.pick(model);
    this.#answered.set(model, id);
    return before === id ? null : before;
  }
}
