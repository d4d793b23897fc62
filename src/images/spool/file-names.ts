import { Failure } from '../../domain.ts';

/** What a whole file in the spool is for. */
export type SpoolRole = 'image' | 'draft' | 'reference';

/** A file's name, taken apart. */
export interface SpoolName {
  name: string;
  owner: string;
  /** Rises with every file of the spool, across restarts, as long as an older file is there. */
  sequence: number;
  /** null while the file is not whole. */
  role: SpoolRole | null;
}

/** Ids of generations; no dot and no slash, so that no name can leave the folder or pose as another. */
const OWNER = /^[A-Za-z0-9_-]{1,64}$/;
const NAME =
  /^(?<owner>[A-Za-z0-9_-]{1,64})\.(?<sequence>\d{1,15})\.(?:part|(?<role>image|draft|reference)\.[a-z]{2,5})$/;

/** Throws `Failure('internal')` for an owner that cannot stand in a file's name. */
export function checkOwner(owner: string): void {
  if (!OWNER.test(owner)) throw new Failure('internal', 'the owner of a spool file has a bad name');
}

/** The name while bytes are still coming; only a rename makes it a whole file's name. */
export function partName(owner: string, sequence: number): string {
  return `${owner}.${sequence}.part`;
}

export function wholeName(
  name: { owner: string; sequence: number; role: SpoolRole },
  extension: string,
) {
  return `${name.owner}.${name.sequence}.${name.role}.${extension}`;
}

/** Null for a file that is not the spool's. */
export function parseName(name: string): SpoolName | null {
  const { owner, sequence, role } = NAME.exec(name)?.groups ?? {};
  if (owner === undefined) return null;
  return { name, owner, sequence: Number(sequence), role: (role as SpoolRole | undefined) ?? null };
}
