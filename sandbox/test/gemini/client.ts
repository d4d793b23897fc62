import sharp from 'sharp';
import type { LocalGemini } from '../../gemini/local-gemini.ts';

export interface Question {
  prompt: string;
  model?: string;
  ratio?: string;
  size?: string;
  alt?: string | null;
  /** In place of the body that the other members make. */
  body?: unknown;
  key?: string;
  signal?: AbortSignal;
}

export type ResponseObject = Record<string, unknown>;

export interface Reply {
  status: number;
  contentType: string;
  headers: Headers;
  body: string;
  /** The objects of a stream, an array or a single object; none when the body is no JSON. */
  objects: ResponseObject[];
  /** Whether the body came to its proper end. */
  whole: boolean;
}

/** A client that reads everything first and asks questions later. */
export async function ask(gemini: LocalGemini, question: Question): Promise<Reply> {
  const response = await ask.raw(gemini, question);
  const chunks: Uint8Array[] = [];
  let whole = true;
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
  } catch (error) {
    if (question.signal?.aborted) throw error;
    whole = false;
  }
  const body = Buffer.concat(chunks).toString('utf8');
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    headers: response.headers,
    body,
    objects: objectsOf(body),
    whole,
  };
}

ask.raw = async (gemini: LocalGemini, question: Question): Promise<Response> => {
  const { model = 'gemini-3.1-flash-image-preview', alt = 'sse', key = gemini.key } = question;
  const query = new URLSearchParams({ key, ...(alt === null ? {} : { alt }) });
  const body = question.body ?? {
    contents: [{ role: 'user', parts: [{ text: question.prompt }] }],
    generationConfig: {
      responseModalities: ['TEXT', 'IMAGE'],
      imageConfig: { aspectRatio: question.ratio, imageSize: question.size },
    },
  };
  return await fetch(`${gemini.url}/v1beta/models/${model}:streamGenerateContent?${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(question.signal === undefined ? {} : { signal: question.signal }),
  });
};

function objectsOf(body: string): ResponseObject[] {
  const lines = body.split(/\r?\n/).filter((line) => line.startsWith('data: {'));
  try {
    if (lines.length > 0) return lines.map((line) => JSON.parse(line.slice(6)));
    const json: unknown = JSON.parse(body);
    return Array.isArray(json) ? json : [json as ResponseObject];
  } catch {
    return [];
  }
}

export interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  inlineData?: { mimeType: string; data: string };
  inline_data?: { mime_type: string; data: string };
  fileData?: { mimeType: string; fileUri: string };
}

export function partsOf(objects: readonly ResponseObject[]): Part[] {
  return objects.flatMap((object) => {
    const candidates = (object['candidates'] ?? []) as { content?: { parts?: Part[] | null } }[];
    return candidates[0]?.content?.parts ?? [];
  });
}

/** All text that is no thought. */
export function textOf(objects: readonly ResponseObject[]): string {
  return partsOf(objects)
    .filter((part) => part.thought !== true)
    .map((part) => part.text ?? '')
    .join('');
}

/** The last picture, decoded as far as its pixels' number. */
export async function pictureOf(
  objects: readonly ResponseObject[],
): Promise<{ file: Buffer; width: number; height: number; format: string }> {
  const data = partsOf(objects)
    .map((part) => part.inlineData?.data ?? part.inline_data?.data)
    .filter((value) => value !== undefined)
    .at(-1);
  const file = Buffer.from(data ?? '', 'base64');
  const { width, height, format } = await sharp(file).metadata();
  return { file, width, height, format };
}
