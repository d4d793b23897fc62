import type { Handlers } from '../src/discord/handlers.ts';
import { edit } from './edit.ts';
import { forget, forgetComponents } from './forget.ts';
import { history, historyComponents } from './history.ts';
import { imagine } from './imagine.ts';
import { again } from './picture/again.ts';
import { cancel } from './picture/cancel.ts';
import { deleteComponents } from './picture/delete.ts';
import { pictureDetails } from './picture/details.ts';
import { editButton, editPicture, submittedForm } from './picture/edit-picture.ts';
import { enlarge } from './picture/enlarge.ts';
import { galleryMenu } from './picture/gallery-menu.ts';
import { thinking } from './picture/thinking.ts';
import { settings, settingsComponents } from './settings.ts';
import { usage } from './usage.ts';

/** The list is written by hand: a file that is missing here fails a test, a broken one the start. */
export const handlers: Handlers = {
  slash: [imagine, edit, history, usage, settings, forget],
  message: [editPicture, pictureDetails],
  components: [
    cancel,
    again,
    editButton,
    submittedForm,
    enlarge,
    galleryMenu,
    thinking,
    ...deleteComponents,
    ...historyComponents,
    ...settingsComponents,
    ...forgetComponents,
  ],
};
