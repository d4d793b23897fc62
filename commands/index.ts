import type { Handlers } from '../src/discord/handlers.ts';
import { edit } from './edit.ts';
import { imagine } from './imagine.ts';

/** The list is written by hand: a file that is missing here fails a test, a broken one the start. */
export const handlers: Handlers = {
  slash: [imagine, edit],
  message: [],
  components: [],
};
