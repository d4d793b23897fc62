/** Tells equal requests apart that are under way at the same time. */
export interface ConcurrentDuplicates {
  /** The lowest number that none of the equal requests under way has; 0 for one alone. */
  enter(key: string): number;
  leave(key: string, number: number): void;
}

/**
 * A real model draws another picture each time; the local one repeats itself. Where somebody asks
 * for several pictures of one prompt at once, their numbers are what makes them differ.
 */
export function createConcurrentDuplicates(): ConcurrentDuplicates {
  const underWay = new Map<string, Set<number>>();
  return {
    enter(key) {
      const taken = underWay.get(key) ?? new Set();
      underWay.set(key, taken);
      let number = 0;
      while (taken.has(number)) number += 1;
      taken.add(number);
      return number;
    },
    leave(key, number) {
      const taken = underWay.get(key);
      taken?.delete(number);
      if (taken?.size === 0) underWay.delete(key);
    },
  };
}
