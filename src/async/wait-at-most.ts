/**
 * Waits until the work ends, but no longer than `timeoutMs`. The work itself goes on after that;
 * what it rejects with then is the caller's to handle.
 *
 * @throws what the work rejects with in time.
 */
export async function waitAtMost(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, timeoutMs);
  try {
    await Promise.race([work, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
