import type { Readable } from 'node:stream';
import type { RESTOptions } from '@discordjs/rest';
import { Agent, request } from 'undici';

/** A message of Discord's takes a few kilobytes; a proxy may send anything. */
const MAX_ANSWER_BYTES = 8_000_000;

/**
 * What carries the library's requests. Its own would collect a body that is streamed, and hands an
 * answer on as it came: one that is no JSON although its header says so then hides its status
 * behind a SyntaxError. Here an answer is read with its request; a refusal is always a JSON object,
 * and says in `retry-after` how long to wait, or nothing.
 *
 * @param onDate Gets the `Date` header of each answer.
 * @throws whatever breaks before there is a status, or in the middle of a good answer.
 */
export function createTransport(
  onDate: (date: string | null) => void = () => {},
): RESTOptions['makeRequest'] {
  const dispatcher = new Agent({ allowH2: false, maxResponseSize: MAX_ANSWER_BYTES });
  return async (url, { method, headers, body, signal }) => {
    const answer = await request(url, {
      dispatcher,
      method: method ?? 'GET',
      // The library's own, a plain object; the type is that of fetch.
      headers: headers as Record<string, string>,
      body: body as string | Readable | null,
      signal: signal ?? null,
    });
    const status = answer.statusCode;
    const answered = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) answered.set(name, String(value));
    onDate(answered.get('date'));
    if (status >= 200 && status < 300) {
      const text = await answer.body.text();
      return new Response(text === '' ? null : text, { status, headers: answered });
    }
    const refusal = readObject(await answer.body.text().catch(() => ''));
    answered.set('content-type', 'application/json');
    const retryAfter = [answered.get('retry-after'), refusal['retry_after']].find(isSeconds);
    if (retryAfter === undefined) answered.delete('retry-after');
    else answered.set('retry-after', String(retryAfter));
    return Response.json(refusal, { status, headers: answered });
  };
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // A proxy's page; its status says enough.
  }
  return {};
}

/** Not so the date that HTTP allows as well. */
function isSeconds(value: unknown): boolean {
  return value !== null && value !== '' && Number(value) >= 0 && Number.isFinite(Number(value));
}
