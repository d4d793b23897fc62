import type { GenerationRequest } from '../../domain.ts';
import { withoutHidden } from '../../word-filter/visible-text.ts';

/**
 * For the model, in the language that it knows best. What the picture shows is not said: where it
 * was made by an edit, those words would ask for the edit once more.
 */
const ENLARGE =
  'Reproduce this picture with more detail and sharpness at a higher resolution. Keep everything in it exactly as it is.';

/** What the model is told: the person's words, or our own where a click asked and not words. */
export function instructionFor(request: GenerationRequest): string {
  // Of a request that an older version stored, too, nothing goes out that nobody sees.
  return request.intent === 'enlarge' ? ENLARGE : withoutHidden(request.prompt);
}
