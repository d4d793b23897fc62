/** Holds the list at its end while the person is there, and offers the way back when they are not. */
import { h, icon } from './dom.js';

/** How far from its end the list still counts as being there. */
const AT_END_PX = 80;

/**
 * @param {HTMLElement} scroller
 * @param {HTMLElement} list what grows in it
 * @param {HTMLElement} back the button that leads to the end, hidden while one is there
 */
export function followEnd(scroller, list, back) {
  let pinned = true;
  let news = false;
  let top = 0;

  const show = () => {
    news &&= !pinned;
    back.hidden = pinned;
    if (pinned) return;
    const label = news ? 'New messages below · Jump to present' : 'Jump to present';
    back.replaceChildren(h('span', {}, label), icon('down'));
  };
  const go = () => {
    pinned = true;
    scroller.scrollTop = scroller.scrollHeight;
    top = scroller.scrollTop;
    show();
  };
  scroller.addEventListener('scroll', () => {
    // This event comes a frame late, and the list may have grown since: being far from the end
    // tells nothing by itself. Whoever leaves the end goes up.
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AT_END_PX) {
      pinned = true;
    } else if (scroller.scrollTop < top) pinned = false;
    top = scroller.scrollTop;
    show();
  });
  const observer = new ResizeObserver(() => pinned && go());
  observer.observe(list);
  observer.observe(scroller);

  return {
    go,
    /** Says that there is something new, to whoever is not there to see it. */
    tell() {
      news = true;
      show();
    },
    /** Does something above `anchor`, which stays where it is seen. @param {HTMLElement | null} anchor @param {() => void} work */
    keep(anchor, work) {
      const before = anchor?.offsetTop ?? 0;
      work();
      if (pinned || anchor === null) return;
      scroller.scrollTop += anchor.offsetTop - before;
      top = scroller.scrollTop;
    },
  };
}
