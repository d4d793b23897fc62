/** The line to the server: events come in, actions go out. */

const token = document.querySelector('meta[name="sandbox-token"]')?.getAttribute('content') ?? '';

/** What the server refused, in a sentence for the person. */
export class Refused extends Error {}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function ask(path, init) {
  const headers = { 'x-sandbox-token': token, ...init.headers };
  const response = await fetch(path, { ...init, headers }).catch(() => null);
  if (response === null) throw new Refused('The sandbox does not answer. Is it still running?');
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer.error ?? `The sandbox answered ${response.status}.`);
  return answer;
}

/** @param {string} action @param {object} body @returns {Promise<any>} */
export function act(action, body = {}) {
  const headers = { 'content-type': 'application/json' };
  return ask(`/api/${action}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** @param {string} path @param {Record<string, string>} query @returns {Promise<any>} */
export function get(path, query) {
  return ask(`/api/${path}?${new URLSearchParams(query)}`, {});
}

/** Gives a file to Discord. @param {string} user @param {File} file @returns {Promise<{ id: string }>} */
export function upload(user, file) {
  const query = new URLSearchParams({ user, name: file.name, type: file.type });
  const headers = { 'content-type': 'application/octet-stream' };
  return ask(`/api/upload?${query}`, { method: 'POST', headers, body: file });
}

/**
 * Follows everything as this person sees it. The browser connects again by itself, and the first
 * event of each connection is the whole world. The answer ends it.
 * @param {string} user an id, or a user name
 * @param {Record<string, (data: any) => void>} listeners by event name; `open` and `lost` too
 */
export function follow(user, listeners) {
  const source = new EventSource(`/api/events?${new URLSearchParams({ user, token })}`);
  for (const [name, listener] of Object.entries(listeners)) {
    if (name === 'lost') source.onerror = () => listener(source.readyState === EventSource.CLOSED);
    else source.addEventListener(name, (event) => listener(JSON.parse(event.data)));
  }
  return () => source.close();
}
