/** How long a first answer waits for a write to the store; Discord waits 3 s for the answer. */
export const STORE_WRITE_TIMEOUT_MS = 100;

/** Waits for the work, or goes on without it; the work goes on either way. */
export async function atMost(patienceMs: number, work: Promise<unknown>): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, patienceMs);
  try {
    await Promise.race([work, patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}
