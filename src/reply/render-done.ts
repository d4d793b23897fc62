import { imageFileName } from '../discord-http/message-file.ts';
import type { EditBody, Upload } from '../discord-http/rest.ts';
import { type ImageFile, MODEL_LABELS } from '../domain.ts';
import type { DoneState } from '../generation/live-reply.ts';
import type { Fitted } from '../images/fit/fitter.ts';
import { moneyText, usageText } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { shapeText } from '../texts/image-shape.ts';
import { endedButtons } from './buttons.ts';
import { altText, COLOURS, megabytes, message, quotedPrompt } from './render-parts.ts';

const EXTENSIONS: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

/** A finished reply: the picture as an attachment that the embed shows, its usage in the footer. */
export function renderDone(
  state: DoneState,
  fitted: Fitted,
  texts: Texts,
): { body: EditBody; upload: Upload } {
  const upload = pictureUpload(state.id, fitted.image);
  const { id: generationId, replyId, image, isPrivate, largestSize } = state;
  const body = message(
    {
      color: COLOURS.done,
      description: quotedPrompt(state, texts),
      image: { url: `attachment://${upload.name}` },
      footer: { text: doneFooter(state, fitted, texts) },
    },
    endedButtons(
      {
        replyId,
        isPrivate,
        largestSize,
        pictures: [{ generationId, number: 1, image }],
        isSingle: true,
        mayRedoAll: true,
      },
      texts,
    ),
  );
  return {
    body: {
      ...body,
      attachments: [
        {
          id: '0',
          filename: upload.name,
          description: altText(state, texts),
        },
      ],
    },
    upload,
  };
}

/** A picture as a file to send: its name is how its generation is found again in a message. */
export function pictureUpload(generationId: string, image: ImageFile): Upload {
  const name = imageFileName(generationId, EXTENSIONS[image.mime] ?? 'png');
  return { path: image.path, name, mime: image.mime };
}

/** Model, ratio, size, tokens, seconds, cost; and how it was sent, where it had to be fitted. */
function doneFooter(state: DoneState, fitted: Fitted, texts: Texts): string {
  const { request, image, usage, costMicros, durationMs } = state;
  return [
    MODEL_LABELS[request.model],
    shapeText(request, image, texts),
    usageText(usage, texts),
    texts.done.seconds((durationMs / 1_000).toFixed(1)),
    costMicros === null ? '' : moneyText(costMicros),
    sentText(image, sentPicture(fitted), texts),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** A picture as it went out; the store knows only its type and size. */
export type SentPicture = Pick<ImageFile, 'mime' | 'bytes'> &
  Partial<Pick<ImageFile, 'width' | 'height'> & { quality: number }>;

export function sentPicture({ image, reencoded }: Fitted): SentPicture {
  const { mime, bytes, width, height } = image;
  return { mime, bytes, width, height, ...(reencoded && { quality: reencoded.quality }) };
}

/** What was sent instead of what was made; '' where that is the same. */
export function sentText(made: ImageFile, sent: SentPicture, texts: Texts): string {
  if (sent.mime === made.mime && sent.bytes === made.bytes) return '';
  const isSmaller = sent.width !== undefined && sent.width < made.width;
  const as = [
    formatName(sent.mime),
    sent.quality,
    isSmaller ? `(${sent.width}×${sent.height})` : '',
  ].filter(Boolean);
  return texts.done.sentAs(
    `${as.join(' ')}, ${megabytes(sent.bytes)}`,
    `${formatName(made.mime)} ${megabytes(made.bytes)}`,
  );
}

function formatName(mime: string): string {
  return EXTENSIONS[mime]?.replace('jpg', 'jpeg').toUpperCase() ?? mime;
}
