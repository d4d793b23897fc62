/** What is asked of the model, and how. */

/** The two models of the catalogue, by the name a person picks. */
export type ModelKey = 'flash' | 'pro';

/** How people read the models' names; the wire's ids are configuration. */
export const MODEL_LABELS = { flash: 'Flash 3.1', pro: 'Pro 3' } as const satisfies Record<
  ModelKey,
  string
>;

/** Ratios that the provider's documents name for both models. */
export const ASPECT_RATIOS = ['1:1', '4:3', '3:4', '16:9', '9:16'] as const;
export type AspectRatio = (typeof ASPECT_RATIOS)[number];

/** Sizes as the wire wants them; the case matters (`1k` is refused or silently downgraded). */
export const IMAGE_SIZES = ['1K', '2K', '4K'] as const;
export type ImageSize = (typeof IMAGE_SIZES)[number];

/** A reply is one message on Discord with so many images side by side at most. */
export const MAX_IMAGES_PER_REPLY = 4;

/** The image types that the model takes as a reference. */
export type ReferenceMime = 'image/jpeg' | 'image/png' | 'image/webp';

/** What Discord says of a file. */
export interface FileFacts {
  /** As the person sees it; for messages about this file only, never a path. */
  name: string;
  /** What Discord says it is; the truth is told by its first bytes. */
  contentType: string | null;
  /** null where Discord does not say, as of a link's picture or a sticker. */
  bytes: number | null;
}

/** A picture for the model to go by; it is fetched when its generation begins to run. */
export type Reference = AttachmentReference | PictureReference;

/** A file that a person gave, by its address at Discord. */
export interface AttachmentReference extends FileFacts {
  kind: 'attachment';
  url: string;
}

/** One of Darkroom's own pictures: taken as it was made while that is on disk. */
export interface PictureReference extends FileFacts {
  kind: 'picture';
  generationId: string;
  /** Where its message had it when it was asked for; null where that was not known. */
  url: string | null;
}

/**
 * What a request is for: a picture that its prompt describes (`imagine`), a change to the one it
 * goes by (`edit`), or that very picture with more pixels (`enlarge`), of which the prompt only
 * says what it shows.
 */
export const INTENTS = ['imagine', 'edit', 'enlarge'] as const;
export type Intent = (typeof INTENTS)[number];

/** How a person asked: by a command, or by a button under an earlier picture. */
export const REQUEST_COMMANDS = ['imagine', 'edit', 'again', 'enlarge'] as const;
export type RequestCommand = (typeof REQUEST_COMMANDS)[number];

/** Everything that is asked of the model for one picture. */
export interface GenerationRequest {
  intent: Intent;
  /** Empty for an enlargement alone, whose words may have been erased. */
  prompt: string;
  model: ModelKey;
  /** null leaves the choice to the model, which follows its input. */
  ratio: AspectRatio | null;
  size: ImageSize;
  references: Reference[];
}
