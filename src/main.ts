import { type App, buildApp } from './app/app.ts';
import { waitAtMost } from './async/wait-at-most.ts';
import { type Config, ConfigError, describeConfigError, loadConfig } from './config.ts';
import {
  describeRunFault,
  describeStartFault,
  type Fault,
  GatewayLostError,
} from './discord/start-fault.ts';
import { readEnvironment } from './environment.ts';
import { endSoon, giveUp, stopOnSignals } from './process-end.ts';

/** Beyond the drain, for what a stop does after it. */
const STOP_GRACE_MS = 15_000;

async function main(): Promise<void> {
  let config: Config;
  let app: App;
  try {
    config = loadConfig(readEnvironment());
    app = await buildApp(config);
  } catch (error) {
    giveUp(
      error instanceof ConfigError
        ? { message: describeConfigError(error), isLasting: true }
        : describeStartFault(error),
    );
    return;
  }
  const { log } = app;
  const stop = () => app.stop();
  stopOnSignals(stop);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  // Nothing is left that could bring an interaction: without this the process would end in silence.
  process.on('beforeExit', () => app.fail(new GatewayLostError()));

  async function end(fault: Fault): Promise<void> {
    giveUp(fault, log);
    try {
      // Nobody outside may be there to end a stop that hangs.
      await waitAtMost(config.drainMs + STOP_GRACE_MS, stop());
    } finally {
      endSoon();
    }
  }
  try {
    await app.start();
  } catch (error) {
    log.debug({ err: error }, 'start failed');
    if (!app.isStopping) await end(describeStartFault(error));
    return;
  }
  app.failed.catch(async (error: unknown) => await end(describeRunFault(error)));
}

await main();
