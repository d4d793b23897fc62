import type { Kysely } from 'kysely';
import { MAX_IMAGES_PER_REPLY, type Refusal } from '../../domain.ts';
import { notAfter } from '../moments.ts';
import { addToCounter, counterKeys, type QuotaAmount } from '../quota/counters.ts';
import { nextUtcDayAt, utcDay } from '../quota/days.ts';
import { reservable, whole } from '../schema/numbers.ts';
import { generationRows, replyRow } from '../schema/rows.ts';
import type { CounterScope, Schema } from '../schema/schema.ts';
import type { Admission, AdmissionLimits, LimitWarning, NewReply } from '../types.ts';
import { clearDeferral } from './deferrals.ts';

/** From this part of a bot-wide limit on, the operator is warned. */
const WARN_AT = 0.8;

/**
 * Writes a reply and its generations, and reserves their quota, all in one transaction; or writes
 * nothing and says which limit is in the way.
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
  const { refusal, warnings } = await tryReservation(db, reply, limits, async (transaction) => {
    await transaction.insertInto('replies').values(replyRow(reply)).execute();
    await transaction.insertInto('generations').values(generationRows(reply)).execute();
    await clearDeferral(transaction, reply.target.interactionToken);
  });
  return refusal === null ? { admitted: true, warnings } : { admitted: false, refusal };
}

/** What `admitReply` would be refused by now. Leaves no trace. */
export async function findRefusal(
  db: Kysely<Schema>,
  reply: NewReply,
  limits: AdmissionLimits,
): Promise<Refusal | null> {
  return (await tryReservation(db, reply, limits, null)).refusal;
}

interface Reservation {
  /** The limit that is in the way; where several are, the one that resets last. */
  refusal: Refusal | null;
  warnings: LimitWarning[];
}

/**
 * Reserves quota, over a limit or not, and commits what `write` adds to it; takes all of it back
 * where a limit is in the way, and without a `write`.
 */
async function tryReservation(
  db: Kysely<Schema>,
  reply: NewReply,
  limits: AdmissionLimits,
  write: ((transaction: Kysely<Schema>) => Promise<void>) | null,
): Promise<Reservation> {
  const transaction = await db.startTransaction().execute();
  let reservation: Reservation;
  try {
    const refusals = await reservePerson(transaction, reply, limits);
    const day = await reserveQuota(transaction, reply, limits);
    const [refusal = null] = [...refusals, ...day.refusals].sort(
      (a, b) => resetOrder(b) - resetOrder(a),
    );
    reservation = { refusal, warnings: day.warnings };
    if (refusal === null && write !== null) {
      await write(transaction);
      await transaction.commit().execute();
    }
  } finally {
    if (!transaction.isCommitted) await transaction.rollback().execute();
  }
  if (reservation.refusal !== null) await clampFutureAdmission(db, reply);
  return reservation;
}

/**
 * An admission of the future was written while the clock was ahead. It counts as one of now, once:
 * counted so anew by each request, it would hold until its time comes.
 */
async function clampFutureAdmission(db: Kysely<Schema>, { target, createdAt: now }: NewReply) {
  await db
    .updateTable('people')
    .set({ last_admitted_at: now })
    .where('user_id', '=', target.userId)
    .where('last_admitted_at', '>', now)
    .execute();
}

/** For the order of refusals: one that never resets is last, one that the person's own work resets is first. */
function resetOrder({ freesAt, asked, value }: Refusal): number {
  return asked > value ? Number.POSITIVE_INFINITY : (freesAt ?? 0);
}

/** Counts the reply's generations as open ones of its person; returns the limits of theirs that are in the way. */
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

type Check = { of: keyof QuotaAmount; setting: keyof AdmissionLimits } & (
  | { limit: LimitWarning['limit']; warned: 'pictures_warned' | 'cost_warned' }
  | { limit: Refusal['limit']; warned: null }
);

/** The limits that apply to each counter. */
const CHECKS: Record<CounterScope, readonly Check[]> = {
  user: [{ limit: 'user_pictures', of: 'pictures', setting: 'userPicturesPerDay', warned: null }],
  guild: [
    { limit: 'guild_pictures', of: 'pictures', setting: 'guildPicturesPerDay', warned: null },
    { limit: 'guild_cost', of: 'costMicros', setting: 'guildCostMicrosPerDay', warned: null },
  ],
  bot: [
    {
      limit: 'bot_pictures',
      of: 'pictures',
      setting: 'botPicturesPerDay',
      warned: 'pictures_warned',
    },
    { limit: 'bot_cost', of: 'costMicros', setting: 'botCostMicrosPerDay', warned: 'cost_warned' },
  ],
};

/** Adds the reply to the counters of its day; returns the limits that are in the way, and the warnings that are due. */
async function reserveQuota(
  db: Kysely<Schema>,
  { target: { userId, guildId }, createdAt: now, generations }: NewReply,
  limits: AdmissionLimits,
): Promise<{ refusals: Refusal[]; warnings: LimitWarning[] }> {
  const amount: QuotaAmount = {
    pictures: generations.length,
    costMicros: generations.reduce(
      (sum, { reservedCostMicros }) => sum + reservable(reservedCostMicros),
      0,
    ),
  };
  const refusals: Refusal[] = [];
  const warnings: LimitWarning[] = [];
  for (const key of counterKeys({ userId, guildId, day: utcDay(now) })) {
    const counter = await addToCounter(db, key, amount);
    // A counter that cannot be read limits nobody.
    const total: QuotaAmount = {
      pictures: whole(counter.pictures) ?? amount.pictures,
      costMicros: whole(counter.cost_micros) ?? amount.costMicros,
    };
    for (const { limit, of, setting, warned } of CHECKS[key.scope]) {
      const [value, used, asked] = [limits[setting], total[of], amount[of]];
      if (value === null) continue;
      if (used > value) {
        const left = Math.max(0, value - (used - asked));
        const freesAt = asked > value ? null : nextUtcDayAt(now);
        refusals.push({ limit, value, left, asked, freesAt });
      } else if (warned !== null && counter[warned] === 0 && used >= value * WARN_AT) {
        // So that no process gives the day's warning again.
        await db
          .updateTable('counters')
          .set({ [warned]: 1 })
          .where(({ and }) => and({ ...key }))
          .execute();
        warnings.push({ limit, value, used });
      }
    }
  }
  return { refusals, warnings };
}
