import { jpeg, png } from './pictures.ts';

/** One shape of an answer, and what it must come to. */
export interface WireShape {
  name: string;
  text: string;
  /** The picture of the outcome, byte for byte, … */
  picture?: Buffer;
  /** … or the kind of failure, with what it must tell. */
  failure?: string;
  reason?: string;
  words?: string | RegExp;
  retryAfterMs?: number;
  /** Texts of the thoughts, joined. */
  thoughts?: string;
  drafts?: Buffer[];
  totalTokens?: number | null;
}

export const FOX = png({ bytes: 130, seed: 3 });
export const OWL = jpeg({ bytes: 110, seed: 4 });

export const base64 = (picture: Buffer) => picture.toString('base64');
export const json = (value: unknown) => JSON.stringify(value);
/** An event as gateways send it. */
export const event = (value: unknown) => `data: ${json(value)}\n\n`;
/** The same as Google sends it. */
export const crlf = (value: unknown) => `data: ${json(value)}\r\n\r\n`;

export const inline = (picture: Buffer, mimeType = 'image/png') => ({
  inlineData: { mimeType, data: base64(picture) },
});
export const parts = (...list: unknown[]) => ({
  candidates: [{ content: { role: 'model', parts: list } }],
});
export const ended = (finishReason: string, ...list: unknown[]) => ({
  candidates: [{ content: { parts: list }, finishReason, index: 0 }],
});

/** The chunks of the provider's two documents, with a picture for `<base64>`. */
export const THINKING = {
  candidates: [
    { content: { role: 'model', parts: [{ text: '**Seeing** a fox', thought: true }] } },
  ],
  usageMetadata: { trafficType: 'ON_DEMAND' },
  modelVersion: 'gemini-3.1-flash-image-preview',
  createTime: '2026-02-27T08:00:00.000000Z',
  responseId: 'abc',
};
export const USAGE = {
  usageMetadata: {
    promptTokenCount: 8,
    candidatesTokenCount: 1120,
    totalTokenCount: 1392,
    trafficType: 'ON_DEMAND',
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: 8 }],
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }],
    thoughtsTokenCount: 264,
  },
};
export const INTERNAL = {
  error: { code: 500, message: 'Internal error encountered.', status: 'INTERNAL' },
};

export const seedStream = (encode: (value: unknown) => string) =>
  [THINKING, parts(inline(FOX)), USAGE].map(encode).join('');
