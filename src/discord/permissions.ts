import { type BaseInteraction, PermissionFlagsBits } from 'discord.js';
import { Failure } from '../domain.ts';

/**
 * Whether the person may manage this server, by what Discord says with every interaction: never by
 * what an earlier message or a custom_id says. Administrators may.
 */
export function mayManageServer(interaction: BaseInteraction): boolean {
  return interaction.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false;
}

/**
 * The id of the server that the person may manage.
 *
 * @throws Failure `limit`, with the rule in `details.problem`.
 */
export function requireManagedServer(interaction: BaseInteraction): string {
  const { guildId } = interaction;
  if (guildId === null) throw refuse('needs_server');
  if (!mayManageServer(interaction)) throw refuse('manage_server');
  return guildId;
}

function refuse(problem: string): Failure {
  return new Failure('limit', `not allowed: ${problem}`, { details: { problem } });
}
