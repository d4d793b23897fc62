import { utcDay } from '../../../src/store/quota/days.ts';
import { DAY, NO_LIMITS, NOON, USAGE } from '../samples.ts';

/** One move of a random sequence; which parts matter depends on what it does. */
export interface Step {
  do:
    | 'admit'
    | 'start'
    | 'requeue'
    | 'attempt'
    | 'note'
    | 'recordImage'
    | 'delivered'
    | 'failed'
    | 'refused'
    | 'cancelled';
  user: string;
  guild: string | null;
  pictures: number;
  cost: number;
  /** Picks one of the generations that were admitted so far. */
  which: number;
  usage: boolean;
  accounted: boolean;
  tomorrow: boolean;
}

/** A generation as the rules say that it should be counted, in the plainest way. */
export interface Counted {
  id: string;
  user: string;
  guild: string | null;
  day: string;
  state: 'queued' | 'running' | 'received' | 'ended';
  attempts: number;
  accounted: number;
  pictures: number;
  cost: number;
  /** What its requests were told to cost. */
  told: number | null;
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
      accounted: 0,
      pictures: 1,
      cost,
      told: null,
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
    case 'note':
      if (one.state !== 'running') return false;
      one.accounted += step.accounted ? 1 : 0;
      Object.assign(one, { tokens, told: step.usage ? step.cost : null });
      return true;
    case 'recordImage':
      if (!advance(one, 'running', 'received')) return false;
      one.accounted += step.usage ? 1 : 0;
      Object.assign(one, { told: step.cost, tokens, made: 1 });
      return true;
    case 'delivered':
      if (!advance(one, 'received', 'ended')) return false;
      keepQuota(one, 'made');
      return true;
    case 'failed':
    case 'refused':
    case 'cancelled': {
      if (one.state === 'ended') return false;
      one.state = 'ended';
      one.failed = one.made === 0 && step.do !== 'cancelled' ? 1 : 0;
      keepQuota(one, one.made === 1 ? 'made' : step.do);
      return true;
    }
  }
}

/** The rules of docs/operating.md, in the plainest way. */
function keepQuota(one: Counted, end: 'made' | 'failed' | 'refused' | 'cancelled'): void {
  const isKnown = one.accounted >= one.attempts;
  const wasCharged = !isKnown || one.tokens > 0;
  const larger = Math.max(one.cost, one.told ?? 0);
  const exact = isKnown && one.told !== null ? one.told : larger;
  const isFree = end === 'cancelled' ? one.attempts === 0 : end !== 'made' && !wasCharged;
  if (isFree || (one.attempts === 0 && end !== 'made')) {
    Object.assign(one, { pictures: 0, cost: 0 });
  } else if (end === 'failed') {
    Object.assign(one, { pictures: 0, cost: larger });
  } else {
    one.cost = end === 'cancelled' ? larger : exact;
  }
}

function advance(one: Counted, from: Counted['state'], to: Counted['state']): boolean {
  if (one.state !== from) return false;
  one.state = to;
  return true;
}
