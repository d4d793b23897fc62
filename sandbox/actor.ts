import type { FindByName } from './command-line.ts';
import type { LocalDiscord } from './discord/local-discord.ts';

/** Who types, and where. */
export interface Actor {
  userId: string;
  channelId: string;
  /** For a prompt: `member in Studio #general`. */
  label: string;
}

/** A person or place that the local Discord does not have; the message lists those that it has. */
export class UnknownActorError extends Error {
  override readonly name = 'UnknownActorError';
}

/**
 * Finds a person by user name, and a channel by the names of its guild and its own. `dm` is the
 * person's conversation with the bot.
 *
 * @throws UnknownActorError
 */
export function findActor(
  { world }: LocalDiscord,
  as: string,
  guildName: string | null,
  channelName: string | null,
): Actor {
  const people = world.users.filter(({ bot }) => !bot);
  const user = people.find(
    ({ username, globalName }) => same(as, username) || same(as, globalName),
  );
  if (user === undefined) {
    throw new UnknownActorError(
      `There is no "${as}". People: ${list(people.map((p) => p.username))}.`,
    );
  }
  if (channelName !== null && guildName === null && same(channelName, 'dm')) {
    const dm = world.channels.find(({ kind, ...rest }) => {
      return kind === 'bot-dm' && 'userId' in rest && rest.userId === user.id;
    });
    if (dm === undefined)
      throw new UnknownActorError(`${user.username} has no conversation with the bot.`);
    return { userId: user.id, channelId: dm.id, label: `${user.username} in a DM` };
  }
  const wanted = guildName ?? world.places.studio.name;
  const guild = world.guilds.find(({ name }) => same(name, wanted));
  if (guild === undefined) {
    throw new UnknownActorError(
      `There is no guild "${wanted}". Guilds: ${list(world.guilds.map((g) => g.name))}.`,
    );
  }
  const channels = world.channels.flatMap((channel) =>
    channel.kind === 'guild' && channel.guildId === guild.id ? [channel] : [],
  );
  const channel = channels.find(({ name }) => same(name, channelName ?? 'general'));
  if (channel === undefined) {
    throw new UnknownActorError(
      `${guild.name} has no channel "${channelName}". Channels: ${list(channels.map((c) => c.name))}, or dm.`,
    );
  }
  const label = `${user.username} in ${guild.name} #${channel.name}`;
  return { userId: user.id, channelId: channel.id, label };
}

/** Looks up what a command line names: users, and channels and roles of any guild. */
export function nameFinder({ world }: LocalDiscord): FindByName {
  return (kind, name) => {
    if (kind === 'user') {
      const fits = ({ id, username }: { id: string; username: string }): boolean =>
        id === name || same(username, name);
      return world.users.find(fits)?.id ?? null;
    }
    const things: readonly { id: string; name?: string | null }[] =
      kind === 'role' ? world.guilds.flatMap(({ roles }) => roles) : world.channels;
    return things.find((thing) => thing.id === name || same(thing.name ?? null, name))?.id ?? null;
  };
}

function same(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one.toLowerCase() === other.toLowerCase();
}

function list(names: readonly string[]): string {
  return names.join(', ');
}
