/** `resolved`: the whole objects behind the ids that a person gave. */
import { NotPossible } from '../api-error.ts';
import type { State } from '../model.ts';
import { channelPermissions } from '../permissions.ts';
import { renderAttachment, renderMessage } from '../render/message.ts';
import { renderChannel, renderMemberPart, renderRole, renderUser } from '../render/places.ts';
import type { ResolvedActor } from './availability.ts';

type Part = Record<string, unknown>;

/** Collects objects by id; each method throws `NotPossible` for an unknown one. */
export interface Resolver {
  user(id: string): void;
  channel(id: string): void;
  role(id: string): void;
  /** A user or a role. */
  mentionable(id: string): void;
  attachment(id: string): void;
  message(id: string): void;
  /** `{ resolved }` with what was collected, or nothing. */
  result(): { resolved?: Record<string, Part> };
}

/** Resolves as the actor sees things, in the actor's channel. */
export function createResolver(state: State, actor: ResolvedActor): Resolver {
  const parts: Record<string, Part> = {};
  const add = (kind: string, id: string, value: unknown) => {
    parts[kind] = { ...parts[kind], [id]: value };
  };
  const guild = actor.guildId === null ? null : state.guild(actor.guildId);
  const findRole = (id: string) => guild?.roles.find((role) => role.id === id);

  const resolver: Resolver = {
    user(id) {
      const user = state.user(id);
      if (!user) throw new NotPossible(`nobody has the id ${id}`);
      add('users', id, renderUser(user));
      const channel = actor.channel;
      if (guild?.members.some((member) => member.userId === id)) {
        const permissions = channelPermissions(state.world, channel, id).toString();
        add('members', id, { ...renderMemberPart(guild, id), permissions });
      }
    },
    channel(id) {
      const channel = state.channel(id);
      if (!channel) throw new NotPossible(`there is no channel ${id}`);
      add('channels', id, renderChannel(state.world, channel, actor.user.id));
    },
    role(id) {
      const role = findRole(id);
      if (!role) throw new NotPossible(`there is no role ${id}`);
      add('roles', id, renderRole(role, 0));
    },
    mentionable(id) {
      if (findRole(id)) resolver.role(id);
      else resolver.user(id);
    },
    attachment(id) {
      const file = state.files.get(id);
      if (!file)
        throw new NotPossible(`no file was uploaded as ${id}; give it to \`upload\` first`);
      add('attachments', id, renderAttachment(state, file, null, true));
    },
    message(id) {
      const message = state.messages.get(id);
      if (!message) throw new NotPossible(`there is no message ${id}`);
      add('messages', id, renderMessage(state, message));
    },
    result: () => (Object.keys(parts).length === 0 ? {} : { resolved: parts }),
  };
  return resolver;
}
