import type { Handlers } from '../src/discord/handlers.ts';
import { edit } from './edit.ts';
import { forget, forgetComponents } from './forget.ts';
import { history, historyComponents } from './history.ts';
import { imagine } from './imagine.ts';
import { settings, settingsComponents } from './settings.ts';
import { usage } from './usage.ts';

/** The list is written by hand: a file that is missing here fails a test, a broken one the start. */
export const handlers: Handlers = {
  slash: [imagine, edit, history, usage, settings, forget],
  message: [],
  components: [...historyComponents, ...settingsComponents, ...forgetComponents],
};
