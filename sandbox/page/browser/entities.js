/** Users, roles and channels as something to choose from. */

/** @import { Component, Item, SelectOption, Store } from './types.d.ts' */

/** What a select offers, whatever its kind. @param {Component} component @param {Store} store @returns {SelectOption[]} */
export function optionsOf(component, store) {
  if (component.options !== undefined) return component.options;
  const chosen = new Set((component.default_values ?? []).map(({ id }) => id));
  const kinds =
    { 5: ['user'], 6: ['role'], 7: ['user', 'role'], 8: ['channel'] }[component.type] ?? [];
  return kinds
    .flatMap((kind) => entitiesOf(kind, store, component.channel_types))
    .map(({ label, value, detail }) => ({
      label,
      value,
      ...(detail ? { description: detail } : {}),
      default: chosen.has(value),
    }));
}

/**
 * @param {string} kind
 * @param {Store} store
 * @param {number[]} [channelTypes] Discord's, of which the sandbox's guilds have 0 alone
 * @returns {Item[]}
 */
export function entitiesOf(kind, store, channelTypes) {
  const guild = store.guild();
  if (kind === 'role') {
    return (guild?.roles ?? []).map(({ id, name }) => ({
      label: `@${name.replace(/^@/, '')}`,
      value: id,
    }));
  }
  if (kind === 'channel') {
    if (channelTypes !== undefined && !channelTypes.includes(0)) return [];
    return (store.world?.channels ?? [])
      .filter((channel) => channel.guildId !== null && channel.guildId === guild?.id)
      .map(({ id, name }) => ({ label: `#${name}`, value: id }));
  }
  const members = guild?.members.map(({ userId }) => userId);
  return (store.world?.users ?? [])
    .filter(({ id }) => members === undefined || members.includes(id))
    .map(({ id, name, username }) => ({ label: name, value: id, detail: username }));
}
