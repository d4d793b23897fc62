import type { Migration } from 'kysely/migration';
import { up as createTables } from './001-ledger.ts';
import { up as createSharesAndTotals } from './002-shares-and-totals.ts';
import { up as createSettingQueries } from './003-settings.ts';
import { up as createDeferralQueries } from './004-deferrals.ts';
import { up as createSelectionQueries } from './005-selections.ts';
import { up as createAccounts } from './006-accounts.ts';

/**
 * Every step from an empty database to the newest, listed by hand. A step that was released never
 * changes; what it got wrong is mended by the next one. The number is the store's version.
 */
export const migrations = {
  '001-ledger': { up: createTables },
  '002-shares-and-totals': { up: createSharesAndTotals },
  '003-settings': { up: createSettingQueries },
  '004-deferrals': { up: createDeferralQueries },
  '005-selections': { up: createSelectionQueries },
  '006-accounts': { up: createAccounts },
} as const satisfies Record<string, Migration>;
