/** A short answer to something that was tried, shown above the composer for a while. */
import { byId } from './dom.js';

const SHOWN_MS = 6_000;

/** @returns {(text: string) => void} */
export function createNotice() {
  const element = byId('notice');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (text) => {
    element.textContent = text;
    element.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      element.hidden = true;
    }, SHOWN_MS);
  };
}
