import type { Message } from './discord/local-discord.ts';
import type { DirectiveName } from './gemini/directives.ts';

/** Where the local servers are, and what they take. */
export interface SandboxAddresses {
  /** Discord's REST base without its version, as discord.js's `rest.api`. */
  discordApiUrl: string;
  /** The token that the bot logs in with. */
  discordToken: string;
  /** Host and port of the attachments' addresses. */
  discordCdnHost: string;
  /** Scheme, host and port, as the base address of Google's API. */
  geminiUrl: string;
  geminiKey: string;
  /** Host and port of the addresses of images that the model may answer with. */
  geminiImageHost: string;
  /** A directory for whatever the bot keeps; it stays as it is when the bot is restarted. */
  dataDir: string;
}

/** What the sandbox must know of a bot to start it, and to follow its replies. */
export interface BotDescription {
  /** As Discord shows it. */
  name: string;
  /** As Discord's page about the bot shows it. */
  about: string;
  /** The program and its arguments. It runs in an empty temporary directory. */
  command: readonly [program: string, ...args: string[]];
  /** The environment variables that point it at the sandbox. */
  variables(addresses: SandboxAddresses): Readonly<Record<string, string>>;
  /** Command lines that the page suggests, those that the bot has not registered left out. */
  examples?: readonly string[];
  /** Whether a reply that Discord no longer shows as loading will still change; never when left out. */
  isUnfinished?(message: Message): boolean;
  /** The kind of failure that a footer tells of, or null when it tells of none. */
  failureKind?(footer: string): string | null;
  /** What the bot makes of each directive that a prompt may hold, for `--words`. */
  outcomes?: Readonly<Record<DirectiveName, string>>;
}
