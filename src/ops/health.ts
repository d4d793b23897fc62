import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayStatus } from '../discord/gateway-watch.ts';
import { adviseOnClose } from '../discord/start-fault.ts';
import type { ProviderProblem } from '../domain.ts';
import { CLOCK_AGREES_WITHIN_MS } from '../generation/housekeeping.ts';
import type { ProviderMemory } from './provider-memory.ts';

/** `warn` needs the operator's attention, and the bot still does its work. */
export type CheckState = 'ok' | 'warn' | 'fail';

/** What one check found. */
interface Result {
  state: CheckState;
  /** In words, with what to do where something is wrong. No secret, nobody's id. */
  detail: string;
}

export interface Check extends Result {
  name: 'gateway' | 'database' | 'disk' | 'provider' | 'pictures' | 'clock';
}

export interface HealthDeps {
  gateway: GatewayStatus;
  /** Writes to the store; rejects with why it cannot be written. */
  checkDatabase: () => Promise<void>;
  /** Records that could not be read when the process started, and were set aside. */
  unreadable: () => number;
  /** This machine's clock beside Discord's, and whether what is old is kept because of it. */
  clock: { aheadMs: () => number | null; keepsForIt: () => boolean };
  spool: { directory: string; maxBytes: number; usedBytes: () => number };
  provider: Pick<ProviderMemory, 'refusals'>;
  /** What is known of the process that decodes pictures. */
  pictures: () => Result;
  isStopping: () => boolean;
  /** Milliseconds of the clock by which `gateway` counts. */
  now: () => number;
}

const MEGABYTE = 1_000_000;

/** Room for the pictures that are under way: eight of the largest, and the store's log. */
export const FREE_DISK_BYTES = { warn: 500 * MEGABYTE, fail: 100 * MEGABYTE } as const;

/** Discord ends a connection now and then by itself; more than one in this time is a fault. */
const DROPS = { withinMs: 10 * 60_000, thatWarn: 2 } as const;
/** Of the spool's own bound. */
const SPOOL_SHARE_THAT_WARNS = 0.9;

/** Looks at everything that the bot needs to serve. */
export function createChecks(deps: HealthDeps): () => Promise<Check[]> {
  return async () => [
    { name: 'gateway', ...checkGateway(deps) },
    { name: 'database', ...(await checkDatabase(deps)) },
    { name: 'disk', ...(await checkDisk(deps)) },
    { name: 'provider', ...checkProvider(deps) },
    { name: 'pictures', ...deps.pictures() },
    { name: 'clock', ...checkClock(deps) },
  ];
}

function checkGateway({ gateway, isStopping, now }: HealthDeps): Result {
  const drops = gateway.dropsSince(now() - DROPS.withinMs);
  const code = gateway.closedFor();
  if (code !== null) return { state: 'fail', detail: adviseOnClose(code) };
  if (isStopping()) return { state: 'fail', detail: 'stopping' };
  if (!gateway.isConnected()) {
    return { state: 'fail', detail: `${describeWait(gateway)}; drops in 10 min: ${drops}` };
  }
  const state = drops >= DROPS.thatWarn ? 'warn' : 'ok';
  return { state, detail: `connected; drops in 10 min: ${drops}` };
}

function describeWait(gateway: GatewayStatus): string {
  const hold = gateway.held();
  if (hold === null) return 'not connected, trying';
  const until = new Date(hold.until).toISOString();
  return hold.why === 'budget'
    ? `not connected: few of the day’s logins are left, waiting for more until ${until}`
    : `not connected: the next login is at ${until}`;
}

async function checkDatabase({ checkDatabase: write, unreadable }: HealthDeps): Promise<Result> {
  try {
    await write();
    const count = unreadable();
    if (count === 0) return { state: 'ok', detail: 'writable' };
    const detail = `writable; ${count} records could not be read and were set aside: see the log`;
    return { state: 'warn', detail };
  } catch (error) {
    return { state: 'fail', detail: `cannot be written: ${messageOf(error)}` };
  }
}

async function checkDisk({ spool }: HealthDeps): Promise<Result> {
  const { directory, maxBytes } = spool;
  try {
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    const detail = `${Math.floor(free / MEGABYTE)} MB free in DATA_DIR`;
    if (free < FREE_DISK_BYTES.fail) return { state: 'fail', detail: `full: ${detail}` };
    // A folder tells that it is read-only, or gone, when it is written to and not before.
    const file = join(directory, '.health');
    try {
      await writeFile(file, 'written by the health check');
    } finally {
      // What is there is no fault of its own: a full disk makes the file and takes nothing in.
      await rm(file, { force: true }).catch(() => {});
    }
    const used = spool.usedBytes();
    if (used > maxBytes * SPOOL_SHARE_THAT_WARNS) {
      const detail = `the spool is nearly at SPOOL_MAX_MB: ${Math.floor(used / MEGABYTE)} MB`;
      return { state: 'warn', detail };
    }
    const state = free < FREE_DISK_BYTES.warn ? 'warn' : 'ok';
    return { state, detail };
  } catch (error) {
    return { state: 'fail', detail: `DATA_DIR cannot be written: ${messageOf(error)}` };
  }
}

/** What the operator should do about each problem of the provider's. */
const PROVIDER_ADVICE = {
  key: 'ANYFAST_API_KEY is refused: set a valid one, restart',
  balance: 'the balance is used up: top it up',
  quota: 'the provider gives this model no quota: ask for one, or set another id',
  daily_limit: 'the provider’s limit of a day is used up: raise it, or wait for the next day',
  forbidden: 'access is forbidden: look at the key’s group (Direct) and permissions',
  precondition: 'this account or region may not use the model',
  unknown_model: 'the model is unknown there: set FLASH_MODEL_ID or PRO_MODEL_ID',
  price: 'the gateway has no price for this model: ask its administrator, or set another id',
  address: 'what answers at ANYFAST_BASE_URL is not the model’s API: correct it',
  redirect: 'ANYFAST_BASE_URL leads elsewhere: correct it',
  tls: 'its certificate is not trusted: check ANYFAST_BASE_URL and the machine’s clock',
} satisfies Record<ProviderProblem, string>;

function checkProvider({ provider }: HealthDeps): Result {
  const refusals = provider.refusals();
  if (refusals.length === 0) return { state: 'ok', detail: 'nothing against us' };
  const told = refusals.map(
    ({ model, problem, at }) =>
      `${model}: ${PROVIDER_ADVICE[problem]} (since ${new Date(at).toISOString()})`,
  );
  return { state: 'fail', detail: told.join('; ') };
}

function checkClock({ clock }: HealthDeps): Result {
  const aheadMs = clock.aheadMs();
  const kept = clock.keepsForIt() ? '; nothing is erased until it agrees, for a day at most' : '';
  if (aheadMs === null) {
    const detail = `not compared with Discord’s yet${kept}`;
    return { state: kept === '' ? 'ok' : 'warn', detail };
  }
  if (Math.abs(aheadMs) <= CLOCK_AGREES_WITHIN_MS) {
    return { state: 'ok', detail: 'agrees with Discord’s' };
  }
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  const side = aheadMs > 0 ? 'ahead of' : 'behind';
  return { state: 'warn', detail: `${minutes} minutes ${side} Discord’s: set it${kept}` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
