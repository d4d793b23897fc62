/** Every REST call and gateway payload with its body, for people who write bots. */
import { h } from './dom.js';

/** @import { LogEntry, Store } from './types.d.ts' */

/** @type {Record<number, string>} */
const OPCODES = {
  0: 'dispatch',
  1: 'heartbeat',
  2: 'identify',
  6: 'resume',
  7: 'reconnect',
  9: 'invalid session',
  10: 'hello',
  11: 'heartbeat ack',
};

/** @param {Store} store */
export function createLog(store) {
  const filter = h('input', {
    type: 'search',
    'aria-label': 'Filter the log',
    placeholder: 'Filter: callback, 429…',
  });
  const source = h(
    'select',
    { 'aria-label': 'What to show' },
    h('option', { value: '' }, 'All'),
    h('option', { value: 'rest' }, 'REST'),
    h('option', { value: 'gateway' }, 'Gateway'),
  );
  const list = h('ol', {
    class: 'log-list',
    'aria-label': 'Calls and payloads, newest last',
    tabindex: 0,
  });
  const clear = h('button', { type: 'button', class: 'button button-secondary' }, 'Clear');
  const element = h(
    'div',
    { id: 'panel-log', role: 'tabpanel', 'aria-labelledby': 'tab-log' },
    h('div', { class: 'log-tools' }, filter, source, clear),
    list,
  );
  let visible = false;
  let since = 0;

  /** @param {LogEntry} entry */
  const fits = (entry) => {
    if (entry.at < since || (source.value !== '' && entry.source !== source.value)) return false;
    if (entry.source === 'gateway' && (entry.op === 1 || entry.op === 11) && filter.value === '')
      return false;
    return titleOf(entry).toLowerCase().includes(filter.value.trim().toLowerCase());
  };
  /** @param {LogEntry[]} entries */
  const add = (entries) => {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    list.append(...entries.filter(fits).map(entryView));
    while (list.childElementCount > 500) list.firstElementChild?.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
  };
  const renderAll = () => {
    if (!visible) return;
    list.replaceChildren();
    add(store.log);
    list.scrollTop = list.scrollHeight;
  };
  store.on('log', (/** @type {LogEntry | undefined} */ entry) => {
    if (entry === undefined) renderAll();
    else if (visible) add([entry]);
  });
  filter.addEventListener('input', renderAll);
  source.addEventListener('change', renderAll);
  clear.addEventListener('click', () => {
    since = Date.now();
    renderAll();
  });

  return {
    element,
    /** A log that nobody sees is not built. @param {boolean} now */
    shown(now) {
      visible = now;
      if (now) renderAll();
      else list.replaceChildren();
    },
  };
}

/** @param {LogEntry} entry */
function titleOf(entry) {
  if (entry.source === 'rest')
    return `${entry.method} ${entry.route ?? entry.path} ${entry.status}`;
  const { direction, op, t } = entry;
  return t ?? (op === null ? direction : (OPCODES[op] ?? `op ${op}`));
}

/** @param {LogEntry} entry */
function entryView(entry) {
  const clock = new Date(entry.at).toLocaleTimeString('en-GB');
  const rest = entry.source === 'rest';
  const good = rest && entry.status >= 200 && entry.status < 300;
  const mark = rest
    ? `${entry.method} ${entry.status || '✕'}`
    : { in: 'from bot', out: 'to bot', connect: 'connected', disconnect: 'gone' }[entry.direction];
  const extra = rest
    ? [
        `${Math.round(entry.ms)} ms`,
        entry.code && `code ${entry.code}`,
        ...entry.files.map(({ name, size }) => `${name} ${size.toLocaleString('en-US')} B`),
        ...entry.warnings,
      ]
    : [];
  const summary = h(
    'summary',
    {},
    h('span', { class: `log-mark ${rest ? (good ? 'good' : 'bad') : 'gateway'}` }, mark),
    h('span', { class: 'log-title' }, rest ? breakable(entry.route ?? entry.path) : titleOf(entry)),
    h('span', { class: 'log-extra' }, [clock, ...extra].filter(Boolean).join(' · ')),
  );
  const details = h('details', {}, summary);
  // Bodies are long and few are looked at.
  details.addEventListener('toggle', () => {
    if (!details.open || details.childElementCount > 1) return;
    const body = rest
      ? {
          path: entry.path,
          body: entry.body,
          interactionId: entry.interactionId,
          messageId: entry.messageId,
        }
      : entry.d;
    details.append(h('pre', { tabindex: 0 }, JSON.stringify(body, null, 2)));
    // The newest one stands at the lower edge, and its body would open below it.
    details.scrollIntoView({ block: 'nearest' });
  });
  return h('li', {}, details);
}

/** A path that may be broken before its slashes, and nowhere else. @param {string} path */
function breakable(path) {
  return path.split(/(?=\/)/).flatMap((part) => [h('wbr'), part]);
}
