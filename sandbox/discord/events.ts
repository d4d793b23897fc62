import { EventEmitter } from 'node:events';

/** The listening side of an emitter; `Events` maps each name to the one value it carries. */
export interface EventSource<Events> {
  /** Calls the listener at every event of this name; the answer takes it away again. */
  on<Name extends keyof Events & string>(
    name: Name,
    listener: (event: Events[Name]) => void,
  ): () => void;
  /** Resolves with the next event of this name that fits; rejects when the signal aborts. */
  next<Name extends keyof Events & string>(
    name: Name,
    options?: { where?: (event: Events[Name]) => boolean; signal?: AbortSignal },
  ): Promise<Events[Name]>;
}

/** The emitting side, which only the store's own code holds. */
export interface EventHub<Events> extends EventSource<Events> {
  emit<Name extends keyof Events & string>(name: Name, event: Events[Name]): void;
}

/** A typed emitter. Listeners run at once, in the order in which they came. */
export function createEventHub<Events>(): EventHub<Events> {
  const emitter = new EventEmitter();
  // Each waiting test and each open interaction listens; there is no leak to warn about.
  emitter.setMaxListeners(0);

  const on: EventHub<Events>['on'] = (name, listener) => {
    emitter.on(name, listener);
    return () => emitter.off(name, listener);
  };

  return {
    on,
    emit: (name, event) => void emitter.emit(name, event),
    next: (name, { where = () => true, signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = on(name, (event) => {
          if (!where(event)) return;
          finish();
          resolve(event);
        });
        const abort = () => {
          finish();
          reject(signal?.reason);
        };
        const finish = () => {
          stop();
          signal?.removeEventListener('abort', abort);
        };
        signal?.addEventListener('abort', abort, { once: true });
      }),
  };
}

/**
 * Resolves with the first value of `look` that is not null or undefined; it is asked now and
 * after every event of these names. Rejects with what `look` throws, or when the signal aborts.
 */
export function whenFound<Events, T>(
  events: EventSource<Events>,
  names: readonly (keyof Events & string)[],
  look: () => T | null | undefined,
  { signal }: { signal?: AbortSignal } = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const finish = () => {
      for (const stop of stops) stop();
      signal?.removeEventListener('abort', abort);
    };
    const abort = () => {
      finish();
      reject(signal?.reason);
    };
    const attempt = () => {
      // An assertion in `look` is the caller's answer, not an error of the emitter.
      try {
        const value = look();
        if (value === null || value === undefined) return;
        finish();
        resolve(value);
      } catch (error) {
        finish();
        reject(error);
      }
    };
    const stops = names.map((name) => events.on(name, attempt));
    signal?.addEventListener('abort', abort, { once: true });
    attempt();
  });
}
