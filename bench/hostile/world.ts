import { createDefaultWorld, type DefaultWorld, type User } from '@darkroom/sandbox/discord';

/** The default world with people who attack, and people who only want their images. */
export interface HostileWorld {
  world: DefaultWorld;
  attackers: User[];
  ordinary: User[];
}

/** All of them are members of both servers that have the bot. */
export function createHostileWorld(attackers: number, ordinary: number): HostileWorld {
  const world = createDefaultWorld();
  let lastId = BigInt(world.people.installer.id);
  const people = (name: string, count: number) =>
    Array.from({ length: count }, (_, index): User => {
      lastId += 1n << 22n;
      const username = `${name}-${index + 1}`;
      return { ...world.people.member, id: String(lastId), username, globalName: null };
    });
  const hostile = {
    attackers: people('attacker', attackers),
    ordinary: people('member', ordinary),
  };
  const joinedAt = new Date().toISOString();
  for (const { id: userId } of [...hostile.attackers, ...hostile.ordinary]) {
    for (const guild of [world.places.studio, world.places.annex]) {
      guild.members.push({ userId, nick: null, roleIds: [], joinedAt });
    }
  }
  world.users.push(...hostile.attackers, ...hostile.ordinary);
  return { world, ...hostile };
}
