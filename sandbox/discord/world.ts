/**
 * The people and places of the local Discord. Plain data: change it at any time, everything reads
 * it anew. Nobody in it exists; they are named after what they may do.
 */
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { MIB } from './controls.ts';
import { createSnowflakes } from './snowflake.ts';

/** A person, or the bot. */
export interface User {
  id: string;
  username: string;
  globalName: string | null;
  bot: boolean;
  /** Whether they added the application to their own account. */
  installedApp: boolean;
  locale: string;
}

/** A role of one guild; `permissions` are Discord's bits. */
export interface Role {
  id: string;
  name: string;
  permissions: bigint;
}

/** A user's place in one guild. */
export interface Member {
  userId: string;
  nick: string | null;
  roleIds: string[];
  joinedAt: string;
}

/** A guild and everyone in it. */
export interface Guild {
  id: string;
  name: string;
  ownerId: string;
  /** Whether the application (and its bot) was added to this guild. */
  installedApp: boolean;
  /** Bytes that one attachment may have here. */
  attachmentSizeLimit: number;
  locale: string;
  roles: Role[];
  members: Member[];
}

/** What a role or a user may or may not do in one channel, over what the guild says. */
export interface Overwrite {
  id: string;
  type: 'role' | 'user';
  allow: bigint;
  deny: bigint;
}

/** A place where messages stand. */
export type Channel =
  | {
      id: string;
      kind: 'guild';
      guildId: string;
      name: string;
      overwrites: Overwrite[];
      /** For a thread, or a post in a forum: the channel whose permissions hold in it. */
      parentId?: string;
    }
  /** Between one user and the bot. */
  | { id: string; kind: 'bot-dm'; userId: string }
  /** Between people, the bot not among them: only a user's own installation works there. */
  | { id: string; kind: 'private'; userIds: string[]; name: string | null };

/** The bot's application, as the developer portal keeps it. */
export interface Application {
  id: string;
  name: string;
  description: string;
  botUserId: string;
  /** 64 hexadecimal digits; nothing is signed with it here. */
  publicKey: string;
  ownerId: string;
  /** Whether the developer portal grants GUILD_MEMBERS, GUILD_PRESENCES and MESSAGE_CONTENT. */
  privilegedIntents: boolean;
}

/** Everything that is there before anything happens. */
export interface World {
  application: Application;
  users: User[];
  guilds: Guild[];
  channels: Channel[];
}

/** The default world, with names for those who live in it. */
export interface DefaultWorld extends World {
  people: {
    bot: User;
    owner: User;
    moderator: User;
    member: User;
    otherMember: User;
    /** Added the application to their own account. */
    installer: User;
  };
  places: {
    /** 20 MiB uploads; has the bot. */
    studio: Guild;
    /** 10 MiB uploads; has the bot. */
    annex: Guild;
    /** Never added the bot. */
    elsewhere: Guild;
    studioGeneral: Channel;
    studioPictures: Channel;
    annexGeneral: Channel;
    elsewhereGeneral: Channel;
    /** Members may not use external apps here, so that an answer is for themselves only. */
    elsewhereQuiet: Channel;
    /** The member's conversation with the bot. */
    memberDm: Channel;
    /** The installer's conversation with the bot. */
    installerDm: Channel;
    /** Between the installer and another member, without the bot. */
    privateChat: Channel;
  };
}

const P = PermissionFlagsBits;

/** What everyone may do in a new guild, as far as it matters here. */
const EVERYONE =
  P.ViewChannel |
  P.SendMessages |
  P.SendMessagesInThreads |
  P.EmbedLinks |
  P.AttachFiles |
  P.ReadMessageHistory |
  P.UseExternalEmojis |
  P.AddReactions |
  P.UseApplicationCommands |
  P.UseExternalApps;

/** A bot's name and description, as the developer portal has them. */
export type ApplicationTexts = Pick<Application, 'name' | 'description'>;

const NAMELESS: ApplicationTexts = { name: 'Bot', description: '' };

/** Ids are made from the clock, so they differ from run to run. */
export function createDefaultWorld(
  now: () => number = Date.now,
  { name, description }: ApplicationTexts = NAMELESS,
): DefaultWorld {
  const nextId = createSnowflakes(now);
  const joinedAt = new Date(now()).toISOString();

  const person = (username: string, globalName: string, extra: Partial<User> = {}): User => ({
    id: nextId(),
    username,
    globalName,
    bot: false,
    installedApp: false,
    locale: 'en-US',
    ...extra,
  });
  const bot = person(name, name, { globalName: null, bot: true });
  const owner = person('owner', 'Owner');
  const moderator = person('moderator', 'Moderator');
  const member = person('member', 'Member');
  const otherMember = person('other-member', 'Other Member');
  const installer = person('installer', 'Installer', { installedApp: true });

  const guild = (name: string, attachmentSizeLimit: number, installedApp: boolean): Guild => {
    const id = nextId();
    const moderators: Role = { id: nextId(), name: 'Moderators', permissions: P.ManageMessages };
    const people = [owner, moderator, member, otherMember, installer];
    return {
      id,
      name,
      ownerId: owner.id,
      installedApp,
      attachmentSizeLimit,
      locale: 'en-US',
      // The role with the guild's own id is @everyone.
      roles: [{ id, name: '@everyone', permissions: EVERYONE }, moderators],
      members: (installedApp ? [...people, bot] : people).map((user) => ({
        userId: user.id,
        nick: null,
        roleIds: user === moderator ? [moderators.id] : [],
        joinedAt,
      })),
    };
  };
  const studio = guild('Studio', 20 * MIB, true);
  const annex = guild('Annex', 10 * MIB, true);
  const elsewhere = guild('Elsewhere', 20 * MIB, false);

  const room = (of: Guild, name: string, overwrites: Overwrite[] = []): Channel => ({
    id: nextId(),
    kind: 'guild',
    guildId: of.id,
    name,
    overwrites,
  });
  const dm = (user: User): Channel => ({ id: nextId(), kind: 'bot-dm', userId: user.id });
  const places = {
    studio,
    annex,
    elsewhere,
    studioGeneral: room(studio, 'general'),
    studioPictures: room(studio, 'pictures'),
    annexGeneral: room(annex, 'general'),
    elsewhereGeneral: room(elsewhere, 'general'),
    elsewhereQuiet: room(elsewhere, 'quiet', [
      { id: elsewhere.id, type: 'role', allow: 0n, deny: P.UseExternalApps },
    ]),
    memberDm: dm(member),
    installerDm: dm(installer),
    privateChat: {
      id: nextId(),
      kind: 'private' as const,
      userIds: [installer.id, otherMember.id],
      name: null,
    },
  };
  return {
    application: {
      id: bot.id,
      name,
      description,
      botUserId: bot.id,
      publicKey: '0'.repeat(64),
      ownerId: owner.id,
      privilegedIntents: false,
    },
    users: [bot, owner, moderator, member, otherMember, installer],
    guilds: [studio, annex, elsewhere],
    channels: [
      places.studioGeneral,
      places.studioPictures,
      places.annexGeneral,
      places.elsewhereGeneral,
      places.elsewhereQuiet,
      places.memberDm,
      places.installerDm,
      places.privateChat,
    ],
    people: { bot, owner, moderator, member, otherMember, installer },
    places,
  };
}
