/** The panel at the side: the sandbox's controls, and the log of the wire. */
import { act } from './api.js';
import { byId, h, icon, morph } from './dom.js';
import { createLog } from './log.js';

/** @import { PanelView, Store } from './types.d.ts' */

const MIB = 1_048_576;

const PACES = /** @type {const} */ ([
  ['3', 'Slow'],
  ['1', 'Usual'],
  ['0.3', 'Fast'],
  ['0', 'At once'],
]);

const LIMITS = /** @type {const} */ ([
  ['', 'As the server says'],
  [String(MIB / 2), '0.5 MB'],
  [String(MIB), '1 MB'],
  [String(8 * MIB), '8 MB'],
  [String(10 * MIB), '10 MB'],
  [String(25 * MIB), '25 MB'],
]);

/** @param {Store} store @param {{ announce: (text: string) => void }} deps */
export function createPanel(store, { announce }) {
  const panel = byId('panel');
  const controls = h('div', {
    id: 'panel-controls',
    role: 'tabpanel',
    'aria-labelledby': 'tab-controls',
  });
  const log = createLog(store);
  const problem = h('p', { class: 'panel-problem', role: 'alert' });
  const tabs = /** @type {const} */ (['controls', 'log']).map((name) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${name}`,
        'aria-controls': `panel-${name}`,
        'data-tab': name,
      },
      name === 'controls' ? 'Controls' : 'Wire log',
    ),
  );
  panel.append(
    h(
      'header',
      { class: 'panel-head' },
      h('div', { role: 'tablist', 'aria-label': 'Sandbox' }, tabs),
      h(
        'button',
        { type: 'button', class: 'tool', 'aria-label': 'Close the panel', onclick: () => hide() },
        icon('close'),
      ),
    ),
    problem,
    controls,
    log.element,
  );

  let tab = /** @type {'controls' | 'log'} */ ('controls');
  const select = (/** @type {'controls' | 'log'} */ name) => {
    tab = name;
    for (const button of tabs) {
      const chosen = button.dataset.tab === name;
      button.setAttribute('aria-selected', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    controls.hidden = name !== 'controls';
    log.element.hidden = name !== 'log';
    log.shown(name === 'log');
  };
  const hide = () => {
    // What is hidden loses the focus, to nothing.
    const focused = panel.contains(document.activeElement);
    panel.hidden = true;
    log.shown(false);
    const opener = document.querySelector(`[data-head="${tab}"]`);
    if (focused && opener instanceof HTMLElement) opener.focus();
  };
  for (const button of tabs) {
    button.addEventListener('click', () =>
      select(button.dataset.tab === 'log' ? 'log' : 'controls'),
    );
    button.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      const other = tabs.find((one) => one !== button);
      other?.click();
      other?.focus();
    });
  }
  panel.addEventListener('keydown', (event) => event.key === 'Escape' && hide());

  store.on('controls', () => {
    if (store.controls !== null) morph(controls, controlsView(store.controls));
  });

  /** @param {string} action @param {object} body @param {string} said */
  const turn = async (action, body, said) => {
    try {
      await act(action, body);
      problem.textContent = '';
      announce(said);
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  controls.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLSelectElement || target instanceof HTMLInputElement)) return;
    const { value } = target;
    const { control } = target.dataset;
    const number = value === '' ? null : Number(value);
    if (control === 'pace') void turn('controls', { pace: number }, 'Speed changed');
    else if (control === 'directive' && value !== '') {
      void turn('controls', { nextDirective: value }, `The next request gets ${value}`);
      target.value = '';
    } else if (control === 'fault' && value !== '') {
      void turn('fault', { name: value }, 'The fault waits for its call');
      target.value = '';
    } else if (control === 'limit')
      void turn('controls', { settings: { attachmentSizeLimit: number } }, 'Upload limit changed');
    else if (control === 'announced')
      void turn(
        'controls',
        { settings: { announcedAttachmentSizeLimit: number } },
        'What the bot is told changed',
      );
    else if (target instanceof HTMLInputElement && control !== undefined) {
      void turn('controls', { settings: { [control]: target.checked } }, 'Changed');
    }
  });
  controls.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (!button) return;
    const { verb, amount } = button.dataset;
    if (verb === 'forget-next') void turn('controls', { nextDirective: null }, 'No word waits');
    else if (verb)
      void turn('perform', { verb, amountMs: Number(amount ?? 0) }, `${button.textContent}: done`);
  });
  select('controls');

  return {
    /** Opens at a tab, or closes when it stands there already. @param {'controls' | 'log'} name */
    toggle(name) {
      if (!panel.hidden && tab === name) return hide();
      panel.hidden = false;
      select(name);
      tabs.find((button) => button.dataset.tab === name)?.focus();
    },
    hide,
    get open() {
      return panel.hidden ? null : tab;
    },
  };
}

/** @param {PanelView} view */
function controlsView({ pace, nextDirectives, directives, settings, faultsLeft, faults, bot }) {
  const offers = directives.flatMap(({ usage, effect }) => {
    const [first] = /^\[\[[^\]]+\]\]/.exec(usage) ?? [];
    // A directive with a place for an argument in capitals is for typing into a prompt.
    return first === undefined || /[A-Z]/.test(first.replace('MB', ''))
      ? []
      : [[first, `${first}  ${effect}`]];
  });
  return h(
    'div',
    {
      id: 'panel-controls',
      role: 'tabpanel',
      'aria-labelledby': 'tab-controls',
      'data-keep': 'hidden',
    },
    section('The model', [
      h(
        'fieldset',
        { class: 'segments' },
        h('legend', {}, 'Speed'),
        PACES.map(([value, label]) =>
          h(
            'label',
            {},
            h('input', {
              type: 'radio',
              name: 'pace',
              value,
              checked: Number(value) === pace,
              'data-control': 'pace',
            }),
            h('span', {}, label),
          ),
        ),
      ),
      choice(
        'directive',
        'Its next request',
        [['', 'goes well'], ...offers],
        '',
        'The same words work in any prompt.',
      ),
      nextDirectives.length > 0 &&
        h(
          'p',
          { class: 'waiting' },
          'Waiting: ',
          nextDirectives.map((name) => h('code', {}, name)),
          h('button', { type: 'button', class: 'link', 'data-verb': 'forget-next' }, 'Take back'),
        ),
    ]),
    section('Uploads', [
      choice('limit', 'One file may have', LIMITS, settings.attachmentSizeLimit),
      choice(
        'announced',
        'The bot is told',
        [['', 'the truth'], ...LIMITS.slice(1)],
        settings.announcedAttachmentSizeLimit,
      ),
      tick('html413', 'A body over the limit gets a page of HTML', settings.html413),
    ]),
    section('Calls', [
      tick('rateLimits', 'Rate limits are counted', settings.rateLimits),
      choice(
        'fault',
        'Make one call fail',
        [['', 'choose…'], ...faults.map(({ name, label }) => [name, label])],
        '',
      ),
      faultsLeft > 0 &&
        h(
          'p',
          { class: 'waiting' },
          `${faultsLeft} waiting `,
          h('button', { type: 'button', class: 'link', 'data-verb': 'clear-faults' }, 'Take back'),
        ),
    ]),
    section('Tokens and gateway', [
      h(
        'div',
        { class: 'verbs' },
        verb('age-tokens', 'Make tokens 14 min older', 14 * 60_000),
        verb('age-tokens', 'Let all tokens run out', 16 * 60_000),
        verb('drop-gateway', 'Cut the gateway'),
        verb('forget-sessions', 'Cut it and forget the session'),
        verb('ask-to-reconnect', 'Ask it to reconnect'),
      ),
      tick('heartbeatAcks', 'Heartbeats are answered', settings.heartbeatAcks),
    ]),
    bot.owned &&
      section('The bot', [
        h(
          'div',
          { class: 'verbs' },
          bot.running
            ? verb('bot-restart', 'Restart', 0, bot.busy)
            : verb('bot-start', 'Start', 0, bot.busy),
          verb('bot-kill', 'Kill and start again', 0, bot.busy || !bot.running),
          verb('bot-stop', 'Stop', 0, bot.busy || !bot.running),
        ),
      ]),
    h('div', { class: 'verbs' }, verb('reset', 'Everything as it was')),
  );
}

/** @param {string} title @param {import('./dom.js').Child[]} children */
function section(title, children) {
  return h('section', {}, h('h3', {}, title), children);
}

/** @param {string} control @param {string} label @param {readonly (readonly string[])[]} options @param {string | number | null} value @param {string} [hint] */
function choice(control, label, options, value, hint) {
  return h(
    'label',
    { class: 'setting' },
    h('span', {}, label, hint !== undefined && h('span', { class: 'form-hint' }, hint)),
    h(
      'select',
      { 'data-control': control },
      options.map(([key = '', text = '']) =>
        h('option', { value: key, selected: key === String(value ?? '') }, text),
      ),
    ),
  );
}

/** @param {string} control @param {string} label @param {boolean} on */
function tick(control, label, on) {
  return h(
    'label',
    { class: 'setting switch' },
    h('span', {}, label),
    h('input', { type: 'checkbox', role: 'switch', 'data-control': control, checked: on }),
  );
}

/** @param {string} name @param {string} label @param {number} [amount] @param {boolean} [disabled] */
function verb(name, label, amount = 0, disabled = false) {
  return h(
    'button',
    {
      type: 'button',
      class: 'button button-secondary',
      'data-verb': name,
      'data-amount': amount,
      disabled,
    },
    label,
  );
}
