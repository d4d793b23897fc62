import type { AspectRatio, EndState, ImageSize, ModelKey } from '../../domain.ts';

/**
 * The tables as the newest migration leaves them. Written for SQLite and Postgres alike:
 * moments are epoch milliseconds, costs millionths of a dollar, flags 0 or 1, days `YYYY-MM-DD`,
 * JSON is text.
 */
export type Schema = {
  replies: RepliesTable;
  generations: GenerationsTable;
  transcripts: { generation_id: string; text: string };
  thumbnails: { generation_id: string; image: Uint8Array };
  counters: CountersTable;
  people: PeopleTable;
  user_totals: TotalsColumns & { user_id: string; day: string; model: ModelKey };
  guild_totals: TotalsColumns & { guild_id: string; day: string; model: ModelKey };
  member_totals: TotalsColumns & { guild_id: string; month: string; user_id: string };
  guild_settings: { guild_id: string; name: string; value: string };
  settings_changes: SettingsChangesTable;
  /** `reference_files` is what `serializeReferences` makes of `Reference[]`. */
  selections: { id: string; user_id: string; reference_files: string; created_at: number };
  /** `target` is a `ReplyTarget` as JSON, with its secret token. */
  deferrals: { interaction_token: string; target: string; deferred_at: number };
};

/** A `GenerationState` as the database spells it; `rows.ts` has what each means. */
export type StoredState = 'queued' | 'running' | 'developed' | EndState;

/** One message on Discord. */
export interface RepliesTable {
  id: string;
  command: string;
  user_id: string;
  guild_id: string | null;
  channel_id: string | null;
  message_id: string | null;
  ephemeral: number;
  /** `ReplyTarget` as JSON, with its secret token; null once the reply is settled. */
  target: string | null;
  /** What it was made from. No foreign key: the origin may be forgotten before its descendants. */
  origin_reply_id: string | null;
  origin_generation_id: string | null;
  created_at: number;
  settled_at: number | null;
  /** When retention erased what people wrote. */
  erased_at: number | null;
}

/** One picture of a reply. User and guild stand here too, for the indexes. */
export interface GenerationsTable {
  id: string;
  reply_id: string;
  position: number;
  user_id: string;
  guild_id: string | null;
  state: StoredState;
  model: ModelKey;
  ratio: AspectRatio | null;
  size: ImageSize;
  /** null once retention erased it. */
  prompt: string | null;
  /** Its references and intent, by `serializeReferences`; null once retention erased it. */
  reference_files: string | null;
  /** The UTC day whose quota it counts in: that of its admission. */
  day: string;
  created_at: number;
  started_at: number | null;
  runs: number;
  attempts: number;
  /** Those whose cost is known: nothing was charged for them, or their tokens were told. */
  accounted_attempts: number;
  first_attempt_at: number | null;
  developed_at: number | null;
  /** From the start of the run to the whole picture. */
  develop_ms: number | null;
  delivery_attempts: number;
  concluded_at: number | null;
  prompt_tokens: number | null;
  image_tokens: number | null;
  thought_tokens: number | null;
  total_tokens: number | null;
  cost_micros: number | null;
  /** What it holds of the counters of its day: 1 or 0 pictures, and their cost. */
  held_pictures: number;
  held_cost_micros: number;
  /** `ImageFile` as JSON. */
  image: string | null;
  /** `DeliveredAttachment` as JSON. */
  attachment: string | null;
  failure_kind: string | null;
  /** `FailureReason`'s details as JSON; older rows hold other words, see `parseFailure`. */
  failure_details: string | null;
}

/** What is taken of a day's limits, by user, by guild and in all. */
export interface CountersTable {
  scope: CounterScope;
  /** The user's or guild's id; empty for the bot. */
  subject: string;
  day: string;
  pictures: number;
  cost_micros: number;
  /** Whether the warning that this much is used was given today. */
  pictures_warned: number;
  cost_warned: number;
}

export type CounterScope = 'user' | 'guild' | 'bot';

export interface PeopleTable {
  user_id: string;
  /** Generations that have not ended. */
  open: number;
  last_admitted_at: number | null;
}

/** Sums of ended generations. `guild_totals` has an empty `guild_id` for those without a guild. */
export const TOTALS_COLUMNS = [
  'pictures',
  'failures',
  'prompt_tokens',
  'image_tokens',
  'thought_tokens',
  'total_tokens',
  'cost_micros',
] as const;
export type TotalsColumns = Record<(typeof TOTALS_COLUMNS)[number], number>;

/** Who changed which setting of a guild, from what to what (JSON; null is the default). */
export interface SettingsChangesTable {
  id: string;
  guild_id: string;
  name: string;
  from_value: string | null;
  to_value: string | null;
  /** null once that person asked to be forgotten. */
  user_id: string | null;
  changed_at: number;
}
