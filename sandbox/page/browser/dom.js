/** Making and patching elements. Nothing here knows what the page is about. */

const SVG = 'http://www.w3.org/2000/svg';

/** Paths of a 24-unit grid, drawn for this page. */
const ICONS = {
  plus: 'M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z',
  send: 'M3 4l18 8-18 8 3-7 9-1-9-1z',
  close:
    'M6.4 5L12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z',
  menu: 'M4 6h16v2H4zm0 5h16v2H4zm0 5h16v2H4z',
  more: 'M6 10a2 2 0 110 4 2 2 0 010-4zm6 0a2 2 0 110 4 2 2 0 010-4zm6 0a2 2 0 110 4 2 2 0 010-4z',
  sliders: 'M4 6h9v2H4zm13 0h3v2h-3zM15 4h2v6h-2zM4 16h3v2H4zm7 0h9v2h-9zM8 14h2v6H8zM4 11h16v2H4z',
  log: 'M4 5h16v2H4zm0 4h10v2H4zm0 4h16v2H4zm0 4h7v2H4z',
  sun: 'M12 8a4 4 0 110 8 4 4 0 010-8zm-1-6h2v3h-2zm0 17h2v3h-2zM2 11h3v2H2zm17 0h3v2h-3zM4.9 3.5L7 5.6 5.6 7 3.5 4.9zm13.5 13.5l2.1 2.1-1.4 1.4-2.1-2.1zM19.1 3.5l1.4 1.4L18.4 7 17 5.6zM5.6 17L7 18.4l-2.1 2.1-1.4-1.4z',
  eye: 'M12 6c5 0 8.5 4 10 6-1.5 2-5 6-10 6S3.5 14 2 12c1.5-2 5-6 10-6zm0 2.5a3.5 3.5 0 100 7 3.5 3.5 0 000-7zm0 2a1.5 1.5 0 110 3 1.5 1.5 0 010-3z',
  down: 'M6.4 8.5L12 14.1l5.6-5.6L19 9.9l-7 7-7-7z',
  hash: 'M9 4h2l-.6 4h4L15 4h2l-.6 4H20v2h-3.9l-.6 4H19v2h-3.8l-.6 4h-2l.6-4h-4l-.6 4h-2l.6-4H4v-2h3.5l.6-4H5V8h3.4zm1.1 6l-.6 4h4l.6-4z',
  file: 'M6 2h8l5 5v15H6zm7 1.5V8h4.5z',
  check: 'M9.5 16.2L5.3 12l-1.4 1.4 5.6 5.6L20.5 8l-1.4-1.4z',
  bin: 'M9 3h6l1 2h4v2H4V5h4zM6 9h12l-1 12H7z',
  refresh: 'M12 5a7 7 0 016.3 4H15v2h7V4h-2v3.2A9 9 0 1021 13h-2a7 7 0 11-7-8z',
  bubble: 'M4 4h16v12H9l-5 4z',
};

/** @typedef {keyof typeof ICONS} IconName */
/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element. `on…` members are listeners, the rest attributes; null, undefined and false leave an
 * attribute out, true gives an empty one.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on') && typeof value === 'function') {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else element.setAttribute(name, value === true ? '' : String(value));
  }
  // One by one: a call takes only so many arguments.
  for (const child of children.flat()) if (isChild(child)) element.append(child);
  return element;
}

/** @param {Child} child @returns {child is Node | string} */
function isChild(child) {
  return child !== null && child !== undefined && child !== false && child !== '';
}

/** A drawing that says nothing by itself. @param {IconName} name @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** An element that must be in the page. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * Makes `from` look like `to`, touching only what differs, so that focus, selections, loaded
 * pictures and running animations stay. Elements with a `data-key` are matched by it. Attributes
 * named in `data-keep` are the page's own and stay as they are.
 * @param {Element} from
 * @param {Element} to
 * @returns {Element} the element that stands in the page now
 */
export function morph(from, to) {
  if (from.nodeName !== to.nodeName || keyOf(from) !== keyOf(to)) {
    from.replaceWith(to);
    return to;
  }
  morphAttributes(from, to);
  const old = new Map(
    [...from.children].flatMap((child) => {
      const key = keyOf(child);
      return key === null ? [] : [[key, child]];
    }),
  );
  const stays = new Set([...to.children].map(keyOf));
  // First, so that nothing has to move over them: what moves loses its focus.
  for (const [key, child] of old) if (!stays.has(key)) child.remove();
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    const same = key === null ? place : (old.get(key) ?? null);
    if (same !== null && alike(same, wanted)) {
      if (same === place) place = place?.nextSibling ?? null;
      else from.insertBefore(same, place);
      if (same instanceof Element && wanted instanceof Element) morph(same, wanted);
      else if (same.nodeValue !== wanted.nodeValue) same.nodeValue = wanted.nodeValue;
    } else from.insertBefore(wanted, place);
  }
  while (place !== null) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
  return from;
}

/** @param {Node} one @param {Node} other */
function alike(one, other) {
  return one.nodeName === other.nodeName && keyOf(one) === keyOf(other);
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? node.getAttribute('data-key') : null;
}

/** @param {Element} from @param {Element} to */
function morphAttributes(from, to) {
  const kept = (from.getAttribute('data-keep') ?? '').split(' ');
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !kept.includes(name)) from.removeAttribute(name);
  }
  for (const { name, value } of [...to.attributes]) {
    if (kept.includes(name) || from.getAttribute(name) === value) continue;
    // The page's policy admits styles by script only, and this attribute is not that.
    if (name === 'style' && from instanceof HTMLElement) from.style.cssText = value;
    else if (name === 'src' && from instanceof HTMLImageElement) swapPicture(from, value);
    else from.setAttribute(name, value);
  }
  // Once somebody has touched a field, its attributes tell no longer how it stands.
  if (from instanceof HTMLInputElement && to instanceof HTMLInputElement) from.checked = to.checked;
  if (from instanceof HTMLOptionElement && to instanceof HTMLOptionElement)
    from.selected = to.selected;
}

/** The old picture stays until the new one can be shown. @param {HTMLImageElement} img @param {string} src */
function swapPicture(img, src) {
  const next = new Image();
  img.dataset.next = src;
  const show = () => {
    if (img.dataset.next !== src) return;
    img.src = src;
    delete img.dataset.next;
  };
  next.onload = show;
  next.onerror = show;
  next.src = src;
}
