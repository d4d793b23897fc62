import { utcDay } from '../../src/store/days.ts';
import { DAY, NO_LIMITS, NOON, USAGE } from './samples.ts';

/** One move of a random sequence; which parts matter depends on what it does. */
export interface Step {
  do: 'admit' | 'start' | 'requeue' | 'attempt' | 'develop' | 'delivered' | 'failed' | 'cancelled';
  user: string;
  guild: string | null;
  pictures: number;
  cost: number;
  /** Picks one of the generations that were admitted so far. */
  which: number;
  usage: boolean;
  image: boolean;
  tomorrow: boolean;
}

/** A generation as the rules say that it should be counted, in the plainest way. */
export interface Counted {
  id: string;
  user: string;
  guild: string | null;
  day: string;
  state: 'queued' | 'running' | 'developed' | 'ended';
  attempts: number;
  pictures: number;
  cost: number;
  /** Known from its development on, and held from its end on. */
  actualCost: number;
  tokens: number;
  made: number;
  failed: number;
}

export const LIMITS = {
  ...NO_LIMITS,
  userOpen: 6,
  guildPicturesPerDay: 9,
  botCostMicrosPerDay: 900,
};

export function dayOf(step: Step): number {
  return NOON + (step.tomorrow ? DAY : 0);
}

export function sum(
  all: Counted[],
  where: Partial<Counted>,
  of: 'pictures' | 'cost' | 'tokens' | 'made' | 'failed',
): number {
  return matching(all, where).reduce((total, one) => total + one[of], 0);
}

export function matching(all: Counted[], where: Partial<Counted>): Counted[] {
  const wanted = Object.entries(where);
  return all.filter((one) => wanted.every(([key, value]) => one[key as keyof Counted] === value));
}

export function countOpen(all: Counted[], user: string): number {
  return matching(all, { user }).filter(({ state }) => state !== 'ended').length;
}

/** The generations of an admission, where it is within the limits; null where it is not. */
export function admitted(all: Counted[], step: Step, ids: string[]): Counted[] | null {
  const { user, guild, cost } = step;
  const day = utcDay(dayOf(step));
  const added = ids.map(
    (id): Counted => ({
      id,
      user,
      guild,
      day,
      state: 'queued',
      attempts: 0,
      pictures: 1,
      cost,
      actualCost: cost,
      tokens: 0,
      made: 0,
      failed: 0,
    }),
  );
  const after = [...all, ...added];
  const fits =
    countOpen(after, user) <= LIMITS.userOpen &&
    (guild === null || sum(after, { guild, day }, 'pictures') <= LIMITS.guildPicturesPerDay) &&
    sum(after, { day }, 'cost') <= LIMITS.botCostMicrosPerDay;
  return fits ? added : null;
}

/** Moves a generation as the rules say; false where they do not allow it. */
export function move(one: Counted, step: Step): boolean {
  const tokens = step.usage ? (USAGE.totalTokens ?? 0) : 0;
  switch (step.do) {
    case 'admit':
      return false;
    case 'start':
      return advance(one, 'queued', 'running');
    case 'requeue':
      return advance(one, 'running', 'queued');
    case 'attempt':
      if (one.state !== 'running') return false;
      one.attempts += 1;
      return true;
    case 'develop':
      if (!advance(one, 'running', 'developed')) return false;
      Object.assign(one, { actualCost: step.cost, tokens, made: 1 });
      return true;
    case 'delivered':
      if (!advance(one, 'developed', 'ended')) return false;
      one.cost = one.actualCost;
      return true;
    case 'failed':
    case 'cancelled': {
      if (one.state === 'ended') return false;
      one.state = 'ended';
      if (one.made === 0) {
        one.tokens = tokens;
        one.failed = step.do === 'failed' ? 1 : 0;
      }
      const spent = one.made === 1 || (one.attempts > 0 && (step.usage || step.image));
      one.cost = spent ? one.actualCost : 0;
      one.pictures = spent ? 1 : 0;
      return true;
    }
  }
}

function advance(one: Counted, from: Counted['state'], to: Counted['state']): boolean {
  if (one.state !== from) return false;
  one.state = to;
  return true;
}
