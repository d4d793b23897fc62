import type { Kysely, Selectable } from 'kysely';
import { MAX_IMAGES_PER_REPLY, type Refusal } from '../../domain.ts';
import { notAfter } from '../moments.ts';
import {
  addToCounter,
  type CounterKey,
  counterKeys,
  markWarned,
  type QuotaAmount,
} from '../quota/counters.ts';
import { nextUtcDayAt, utcDay } from '../quota/days.ts';
import { reservable, whole } from '../schema/numbers.ts';
import { generationRows, replyRow } from '../schema/rows.ts';
import type { CounterScope, CountersTable, Schema } from '../schema/schema.ts';
import type { Admission, AdmissionLimits, LimitWarning, NewReply } from '../types.ts';
import { clearDeferral } from './deferrals.ts';

/** From this part of a bot-wide limit on, the operator is warned. */
const WARN_AT = 0.8;

/**
 * Writes a reply and its generations, and takes their shares, all in one transaction; or writes
 * nothing and says which limit is in the way. Where several are, it is the one that frees last.
 */
export async function admitReply(
  db: Kysely<Schema>,
  reply: NewReply,
  limits: AdmissionLimits,
): Promise<Admission> {
  const { length } = reply.generations;
  if (length < 1 || length > MAX_IMAGES_PER_REPLY) {
    throw new RangeError(`a reply has 1 to ${MAX_IMAGES_PER_REPLY} generations, not ${length}`);
  }
  const transaction = await db.startTransaction().execute();
  try {
    const { refusal, warnings } = await reserve(transaction, reply, limits);
    if (refusal !== null) {
      await transaction.rollback().execute();
      await forgetFuture(db, reply);
      return { admitted: false, refusal };
    }
    await transaction.insertInto('replies').values(replyRow(reply)).execute();
    await transaction.insertInto('generations').values(generationRows(reply)).execute();
    await clearDeferral(transaction, reply.target.interactionToken);
    await transaction.commit().execute();
    return { admitted: true, warnings };
  } catch (error) {
    if (!transaction.isCommitted && !transaction.isRolledBack) {
      await transaction.rollback().execute();
    }
    throw error;
  }
}

/** What `admitReply` would be refused by now, without a trace: everything is taken and given back. */
export async function findRefusal(
  db: Kysely<Schema>,
  reply: NewReply,
  limits: AdmissionLimits,
): Promise<Refusal | null> {
  const transaction = await db.startTransaction().execute();
  let refusal: Refusal | null;
  try {
    ({ refusal } = await reserve(transaction, reply, limits));
  } finally {
    await transaction.rollback().execute();
  }
  if (refusal !== null) await forgetFuture(db, reply);
  return refusal;
}

/** Takes a turn and the shares, over a limit or not. */
async function reserve(
  db: Kysely<Schema>,
  reply: NewReply,
  limits: AdmissionLimits,
): Promise<{ refusal: Refusal | null; warnings: LimitWarning[] }> {
  const refusals = await reservePerson(db, reply, limits);
  const warnings = await reserveQuota(db, reply, limits, refusals);
  const [last = null] = refusals.sort((a, b) => freedAfter(b) - freedAfter(a));
  return { refusal: last, warnings };
}

/**
 * An admission of the future was written while the clock was ahead. It counts as one of now, once:
 * counted so anew by each request, it would hold until its time comes.
 */
async function forgetFuture(db: Kysely<Schema>, { target, createdAt: now }: NewReply) {
  await db
    .updateTable('people')
    .set({ last_admitted_at: now })
    .where('user_id', '=', target.userId)
    .where('last_admitted_at', '>', now)
    .execute();
}

/** For the order of refusals: never is last, and what frees by the person's own work is first. */
function freedAfter({ freesAt, asked, value }: Refusal): number {
  return asked > value ? Number.POSITIVE_INFINITY : (freesAt ?? 0);
}

/** Counts the reply in the person's own line, and says what speaks against its beginning now. */
async function reservePerson(
  db: Kysely<Schema>,
  { target: { userId }, createdAt: now, generations }: NewReply,
  { userOpen, userCooldownMs }: AdmissionLimits,
): Promise<Refusal[]> {
  const asked = generations.length;
  // The row is locked from here on; `last_admitted_at` is still that of the reply before.
  const person = await db
    .insertInto('people')
    .values({ user_id: userId, open: asked, last_admitted_at: null })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet((column) => ({ open: column('people.open', '+', asked) })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  await db
    .updateTable('people')
    .set({ last_admitted_at: now })
    .where('user_id', '=', userId)
    .execute();

  const refusals: Refusal[] = [];
  const open = whole(person.open) ?? asked;
  if (userOpen !== null && open > userOpen) {
    const left = Math.max(0, userOpen - (open - asked));
    refusals.push({ limit: 'user_open', value: userOpen, left, asked, freesAt: null });
  }
  const last = whole(person.last_admitted_at);
  if (userCooldownMs !== null && last !== null) {
    const freesAt = notAfter(now, last) + userCooldownMs;
    if (freesAt > now) {
      refusals.push({ limit: 'user_cooldown', value: userCooldownMs, left: 0, asked: 0, freesAt });
    }
  }
  return refusals;
}

/** Counts the reply in its day, adds to `refusals`, and returns the warnings that are due. */
async function reserveQuota(
  db: Kysely<Schema>,
  { target: { userId, guildId }, createdAt: now, generations }: NewReply,
  limits: AdmissionLimits,
  refusals: Refusal[],
): Promise<LimitWarning[]> {
  const share: QuotaAmount = {
    pictures: generations.length,
    costMicros: generations.reduce(
      (sum, { reservedCostMicros }) => sum + reservable(reservedCostMicros),
      0,
    ),
  };
  const warnings: LimitWarning[] = [];
  for (const key of counterKeys({ userId, guildId, day: utcDay(now) })) {
    const line = await addToCounter(db, key, share);
    for (const { limit, value, used, asked, warned } of checks(key.scope, line, share, limits)) {
      if (value === null) continue;
      if (used > value) {
        const left = Math.max(0, value - (used - asked));
        const freesAt = asked > value ? null : nextUtcDayAt(now);
        refusals.push({ limit, value, left, asked, freesAt });
      } else if (warned !== null && line[warned] === 0 && used >= value * WARN_AT) {
        await markWarned(db, key, warned);
        warnings.push({ limit, value, used });
      }
    }
  }
  return warnings;
}

type Check = { value: number | null; used: number; asked: number } & (
  | { limit: LimitWarning['limit']; warned: 'pictures_warned' | 'cost_warned' }
  | { limit: Refusal['limit']; warned: null }
);

/** What a line of the counters, with the share in it, is held against. */
function checks(
  scope: CounterKey['scope'],
  line: Selectable<CountersTable>,
  share: QuotaAmount,
  limits: AdmissionLimits,
): Check[] {
  // A line that cannot be read holds nobody back.
  const pictures = { used: whole(line.pictures) ?? share.pictures, asked: share.pictures };
  const cost = { used: whole(line.cost_micros) ?? share.costMicros, asked: share.costMicros };
  const { userPicturesPerDay, guildPicturesPerDay, guildCostMicrosPerDay } = limits;
  const { botPicturesPerDay, botCostMicrosPerDay } = limits;
  const byScope: Record<CounterScope, Check[]> = {
    user: [{ ...pictures, limit: 'user_pictures', value: userPicturesPerDay, warned: null }],
    guild: [
      { ...pictures, limit: 'guild_pictures', value: guildPicturesPerDay, warned: null },
      { ...cost, limit: 'guild_cost', value: guildCostMicrosPerDay, warned: null },
    ],
    bot: [
      {
        ...pictures,
        limit: 'bot_pictures',
        value: botPicturesPerDay,
        warned: 'pictures_warned',
      },
      { ...cost, limit: 'bot_cost', value: botCostMicrosPerDay, warned: 'cost_warned' },
    ],
  };
  return byScope[scope];
}
