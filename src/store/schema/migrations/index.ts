import type { Migration } from 'kysely/migration';
import { up as createTables } from './001-ledger.ts';
import { up as createSharesAndTotals } from './002-shares-and-totals.ts';
import { up as createSettingsTables } from './003-settings.ts';
import { up as createDeferrals } from './004-deferrals.ts';
import { up as createSelections } from './005-selections.ts';
import { up as createAccounts } from './006-accounts.ts';

/**
 * Every step from an empty database to the newest, listed by hand. A step that was released never
 * changes; what it got wrong is mended by the next one. The number is the store's version.
 */
export const migrations = {
  '001-ledger': { up: createTables },
  '002-shares-and-totals': { up: createSharesAndTotals },
  '003-settings': { up: createSettingsTables },
  '004-deferrals': { up: createDeferrals },
  '005-selections': { up: createSelections },
  '006-accounts': { up: createAccounts },
} as const satisfies Record<string, Migration>;
