/** The local Gemini alone, for whatever speaks Google's API. */
export { type LocalGemini, type LocalGeminiOptions, startLocalGemini } from './local-gemini.ts';
export type { RequestOutcome, RequestRecord } from './record.ts';
export { type SandboxWord, WORDS, type WordName } from './words.ts';
