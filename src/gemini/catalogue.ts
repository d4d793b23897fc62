import type { ModelKey } from '../domain.ts';

/**
 * What a model is called after its preview has been shut down. Google's deprecation page names
 * these; the protocol is the same.
 */
const SUCCESSORS: ReadonlyMap<string, string> = new Map([
  ['gemini-3.1-flash-image-preview', 'gemini-3.1-flash-image'],
  ['gemini-3-pro-image-preview', 'gemini-3-pro-image'],
]);

/** Which ids are in use; a model that is gone gives way to its successor until the process ends. */
export interface ModelIds {
  current(model: ModelKey): string;
  /**
   * Call when the provider does not know an id. Returns whether another one is worth a try, and
   * whether this call made the change (the others came too late for it, which is as good).
   */
  replace(model: ModelKey, unknownId: string): { useful: boolean; changed: boolean };
}

export function createModelIds(models: Record<ModelKey, { id: string }>): ModelIds {
  const ids = { flash: models.flash.id, pro: models.pro.id };
  return {
    current: (model) => ids[model],
    replace(model, unknownId) {
      if (ids[model] !== unknownId) return { useful: true, changed: false };
      const successor = SUCCESSORS.get(unknownId);
      if (successor === undefined) return { useful: false, changed: false };
      ids[model] = successor;
      return { useful: true, changed: true };
    },
  };
}
