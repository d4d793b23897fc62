import type { Migration } from 'kysely/migration';
import * as ledger from './001-ledger.ts';
import * as sharesAndTotals from './002-shares-and-totals.ts';
import * as settings from './003-settings.ts';
import * as deferrals from './004-deferrals.ts';

/**
 * Every step from an empty database to the newest, listed by hand. A step that was released never
 * changes; what it got wrong is mended by the next one. The number is the ledger's version.
 */
export const migrations = {
  '001-ledger': ledger,
  '002-shares-and-totals': sharesAndTotals,
  '003-settings': settings,
  '004-deferrals': deferrals,
} as const satisfies Record<string, Migration>;
