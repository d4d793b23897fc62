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
export interface ModelIds {
  /**
   * The id to ask for: the one that answered last, at first the configured one; another name of
   * the model where that one is among those that were just denied, the keys.
   */
  pick(model: ModelKey, denied?: ReadonlyMap<string, unknown>): string;
  /** Call when an id has answered. Returns the id that it takes over from, if it does. */
  answered(model: ModelKey, id: string): string | null;
}

export function createModelIds(models: Record<ModelKey, { id: string }>): ModelIds {
  const inUse = { flash: models.flash.id, pro: models.pro.id };
  return {
    pick(model, denied = new Map()) {
      const configured = models[model].id;
      const ids = [inUse[model], configured, SUCCESSORS.get(configured)];
      // Where all are denied, the one that a person wrote down is as good as any.
      return ids.find((id) => id !== undefined && !denied.has(id)) ?? configured;
    },
    answered(model, id) {
      const before = inUse[model];
      inUse[model] = id;
      return before === id ? null : before;
    },
  };
}
