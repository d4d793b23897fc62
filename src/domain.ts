/**
 * The words that all modules share. Plain types and data, so that a request can be stored,
 * queued and run in another process. They import nothing but each other.
 */
export * from './domain/failure.ts';
export * from './domain/generation-request.ts';
export * from './domain/generation-state.ts';
export * from './domain/guild-limits.ts';
export * from './domain/target.ts';
