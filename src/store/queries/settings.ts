import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { GuildSettings } from '../../domain.ts';
import { isSettingName, parseSetting } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';

/** What a guild set for itself, as it set it; what is not there follows the operator's settings. */
export type GuildOverrides = Partial<GuildSettings>;

/** New values of some settings; `default` takes an override back. */
export type SettingsChange = {
  [Name in keyof GuildSettings]?: GuildSettings[Name] | 'default';
};

/** One line of the audit. Values are undefined where the default stood. */
export interface SettingsChangeRecord {
  name: keyof GuildSettings;
  from: unknown;
  to: unknown;
  /** null once that person asked to be forgotten. */
  userId: string | null;
  changedAt: number;
}

/** What guilds set for themselves, and who changed it. */
export function createSettingQueries(db: Kysely<Schema>, now: () => number) {
  return {
    async get(guildId: string): Promise<GuildOverrides> {
      return toOverrides(await read(db, guildId));
    },

    /** Changes all or nothing, notes who did it, and returns the overrides as they are then. */
    change: (guildId: string, change: SettingsChange, userId: string): Promise<GuildOverrides> =>
      db.transaction().execute(async (transaction) => {
        const before = await read(transaction, guildId);
        for (const [name, value] of Object.entries(change)) {
          const from = before.get(name) ?? null;
          const to = value === 'default' ? null : JSON.stringify(value);
          if (from === to) continue;
          await write(transaction, guildId, name, to);
          await transaction
            .insertInto('settings_changes')
            .values({
              id: randomUUID(),
              guild_id: guildId,
              name,
              from_value: from,
              to_value: to,
              user_id: userId,
              changed_at: now(),
            })
            .execute();
        }
        return toOverrides(await read(transaction, guildId));
      }),

    /** The newest changes first. */
    async changes(guildId: string, limit: number): Promise<SettingsChangeRecord[]> {
      const rows = await db
        .selectFrom('settings_changes')
        .selectAll()
        .where('guild_id', '=', guildId)
        .orderBy('changed_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.flatMap(
        ({ name, from_value, to_value, user_id: userId, changed_at: changedAt }) => {
          if (!isSettingName(name)) return [];
          const [from, to] = [parseSetting(name, from_value), parseSetting(name, to_value)];
          return [{ name, from, to, userId, changedAt }];
        },
      );
    },
  };
}

/** Values as JSON, by name. */
async function read(db: Kysely<Schema>, guildId: string): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('guild_settings')
    .select(['name', 'value'])
    .where('guild_id', '=', guildId)
    .execute();
  return new Map(rows.map(({ name, value }) => [name, value]));
}

async function write(db: Kysely<Schema>, guildId: string, name: string, value: string | null) {
  if (value === null) {
    await db
      .deleteFrom('guild_settings')
      .where('guild_id', '=', guildId)
      .where('name', '=', name)
      .execute();
    return;
  }
  await db
    .insertInto('guild_settings')
    .values({ guild_id: guildId, name, value })
    .onConflict((conflict) => conflict.columns(['guild_id', 'name']).doUpdateSet({ value }))
    .execute();
}

/** What cannot be read any more follows the default; of a list that is what is left of it. */
function toOverrides(values: Map<string, string>): GuildOverrides {
  const overrides = [...values].flatMap(([name, text]) => {
    const value = isSettingName(name) ? parseSetting(name, text) : undefined;
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(overrides);
}
