/** The local Gemini alone, for whatever speaks Google's API. */

export { DIRECTIVES, type Directive, type DirectiveName } from './directives.ts';
export { type LocalGemini, type LocalGeminiOptions, startLocalGemini } from './local-gemini.ts';
export type { RequestOutcome, RequestRecord } from './record.ts';
