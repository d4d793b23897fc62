import { Events, type REST, RESTEvents } from 'discord.js';
import { handlers } from '../../commands/index.ts';
import { createAcknowledge } from '../discord/acknowledge.ts';
import { Gate } from '../discord/gate.ts';
import {
  createClient,
  logIn,
  reportAnswers,
  watchChannelTypes,
} from '../discord/gateway-client.ts';
import { GatewayWatch, labelOfClose } from '../discord/gateway-watch.ts';
import type { HandlerContext } from '../discord/handlers.ts';
import { IdentifyPacer } from '../discord/identify-pacer.ts';
import { createRecentClicks } from '../discord/recent-clicks.ts';
import { registerCommands } from '../discord/registration.ts';
import { GatewayClosedError, GatewayLostError } from '../discord/start-fault.ts';
import { createDeletions } from '../discord-http/retry-until-accepted.ts';
import { Answers } from '../pages/answers.ts';
import { Pages } from '../pages/pages.ts';
import { english } from '../texts/english.ts';
import type { Foundation } from './foundation.ts';
import type { Generation } from './generation.ts';

/** What brings interactions in and answers them. */
export type Gateway = ReturnType<typeof buildGateway>;

/** @param process `fail` ends it: it cannot serve any more. */
export function buildGateway(
  foundation: Foundation,
  generation: Generation,
  { isStopping, fail }: { isStopping: () => boolean; fail: (error: unknown) => void },
) {
  const { config, log: root, now, steadyNow, ops, clock, store } = foundation;
  const { report } = ops;
  const { apiUrl, token, guildId } = config.discord;
  const log = root.child({ module: 'discord' });
  const client = createClient({ apiUrl, log });
  const identifies = new IdentifyPacer(client, {
    now: steadyNow,
    onIdentify: () => report({ type: 'gateway_identified' }),
    onRefused: fail,
    log,
  });
  const watch = new GatewayWatch(client, {
    now: steadyNow,
    isStopping,
    held: () => identifies.held(),
    onDrop: () => report({ type: 'gateway_dropped' }),
    onClose: (code) => report({ type: 'gateway_closed', code: labelOfClose(code) }),
    onClosedForGood: (code) => fail(new GatewayClosedError(code)),
    onStuck: () => fail(new GatewayLostError()),
    log,
  });
  const listenTo = (library: REST) => {
    reportAnswers(library, report);
    library.on(RESTEvents.Response, (_, { headers }) => clock.note(headers.get('date')));
  };
  listenTo(client.rest);
  const answersLog = root.child({ module: 'reply' });
  const { rest } = generation;
  const answers = new Answers({ rest, log: answersLog, texts: english, now });
  const gate = new Gate({
    handlers,
    context: buildContext(foundation, generation),
    acknowledge: createAcknowledge({ apiUrl, onRest: listenTo }),
    channelTypeOf: watchChannelTypes(client),
    deferrals: store.deferrals,
    answers,
    operator: config.limits.operator,
    report,
    log: root.child({ module: 'gate' }),
    now,
  });
  client.on(Events.InteractionCreate, (interaction) => gate.handle(interaction));

  return {
    watch,
    answers,
    /** Registers the commands: the first request that needs the token. */
    async register(): Promise<{ applicationId: string; commands: number }> {
      client.rest.setToken(token);
      const { userInstall } = config.limits.operator;
      return await registerCommands(client, handlers, { guildId, userInstall });
    },
    /**
     * Resolves when interactions arrive.
     *
     * @param onHeld Is told when the login has to wait.
     */
    async connect(signal: AbortSignal, onHeld: () => void): Promise<void> {
      await identifies.beforeLogin(signal, onHeld);
      const ready = new Promise<void>((resolve) => {
        client.once(Events.ClientReady, () => resolve());
      });
      await logIn(client, token);
      await ready;
    },
    async disconnect(): Promise<void> {
      identifies.close();
      await client.destroy();
    },
  };
}

/** What handlers may use. */
function buildContext(foundation: Foundation, generation: Generation): HandlerContext {
  const { config, log: root, now, pictures, spool, store } = foundation;
  const { rest, service, housekeeping, openLiveReply, blockedWords, findOwnPicture } = generation;
  const log = root.child({ module: 'reply' });
  return {
    generations: service,
    store,
    pages: new Pages({ rest, log, texts: english }),
    texts: english,
    images: {
      findPicture: (id) => spool.findWhole(id),
      findOwnPicture,
      attachmentHosts: config.references.hosts,
    },
    deletions: { ...createDeletions({ rest, log }), clicks: createRecentClicks(now) },
    operator: { ...config.limits, prices: config.prices },
    blockedWords,
    retention: {
      days: config.database.retentionDays,
      forget: store.retention.forget,
      sweepFiles: housekeeping.run,
    },
    openLiveReply,
    drawChart: pictures.drawChart,
    now,
  };
}
