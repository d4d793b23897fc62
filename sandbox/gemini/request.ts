import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { z } from 'zod';
import { RATIOS, type Ratio, SIZES, type Size } from './catalogue.ts';
import { badRequest, googleError, type PlainAnswer } from './wire-error.ts';

/** The types that the provider's documents allow for a reference. */
const REFERENCE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const;
/** Google's bounds for one request: at most 14 pictures. */
const MAX_REFERENCES = 14;

const blob = z.strictObject({ mimeType: z.enum(REFERENCE_TYPES), data: z.string().min(1) });
const part = z
  .strictObject({ text: z.string().optional(), inlineData: blob.optional() })
  .refine((value) => (value.text === undefined) !== (value.inlineData === undefined), {
    error: 'a part holds either text or inline_data',
  });
const content = z.strictObject({
  role: z.enum(['user', 'model']).optional(),
  parts: z.array(part).min(1),
});

/**
 * What the real service takes and an image model reads. Strict, as protobuf is: an unknown name
 * is an error. Keys are in camelCase here, because `camelKeys` has already run.
 */
const requestSchema = z.strictObject({
  model: z.string().optional(),
  contents: z.array(content).min(1),
  systemInstruction: content.optional(),
  safetySettings: z
    .array(z.strictObject({ category: z.string(), threshold: z.string() }))
    .optional(),
  generationConfig: z.strictObject({
    responseModalities: z
      .array(z.enum(['TEXT', 'IMAGE']))
      .refine((list) => list.includes('IMAGE'), { error: 'must contain IMAGE' }),
    imageConfig: z
      .strictObject({ aspectRatio: z.enum(RATIOS).optional(), imageSize: z.enum(SIZES).optional() })
      .optional(),
    thinkingConfig: z
      .strictObject({
        includeThoughts: z.boolean().optional(),
        thinkingBudget: z.int().optional(),
        thinkingLevel: z.string().optional(),
      })
      .optional(),
    candidateCount: z.literal(1).optional(),
    temperature: z.number().min(0).max(2).optional(),
    topP: z.number().min(0).max(1).optional(),
    topK: z.number().optional(),
    seed: z.int().optional(),
    maxOutputTokens: z.int().positive().optional(),
  }),
});

export interface ReceivedReference {
  /** As the request declares it. */
  mime: string;
  bytes: number;
  sha256: string;
  /** From the picture itself. */
  width: number;
  height: number;
  data: Buffer;
}

export interface ReceivedRequest {
  prompt: string;
  /** null when the request leaves it out. */
  ratio: Ratio | null;
  size: Size | null;
  references: ReceivedReference[];
}

/** Reads and judges a request's body. A request that the real service would refuse gives the answer to send. */
export async function readRequest(
  body: Buffer,
): Promise<{ request: ReceivedRequest } | { refusal: PlainAnswer }> {
  let json: unknown;
  try {
    json = camelKeys(JSON.parse(body.toString('utf8')), '');
  } catch (error) {
    const message = error instanceof DuplicateName ? error.message : 'the body is no JSON.';
    return { refusal: googleError(400, `Invalid JSON payload received. ${message}`) };
  }
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) return { refusal: refusalOf(parsed.error) };

  const parts = parsed.data.contents.flatMap((entry) => entry.parts);
  const blobs = parts.flatMap((entry) =>
    entry.inlineData === undefined ? [] : [entry.inlineData],
  );
  if (blobs.length > MAX_REFERENCES) {
    return { refusal: badRequest('contents', `at most ${MAX_REFERENCES} pictures`) };
  }
  const references: ReceivedReference[] = [];
  for (const [index, { mimeType, data }] of blobs.entries()) {
    const reference = await decodeReference(mimeType, data);
    if (reference === null) {
      const message = `Unable to process input image (picture ${index + 1} of the request).`;
      return { refusal: googleError(400, message) };
    }
    references.push(reference);
  }
  const prompt = parts.flatMap((entry) => entry.text ?? []).join('\n');
  const image = parsed.data.generationConfig.imageConfig;
  return {
    request: {
      prompt,
      ratio: image?.aspectRatio ?? null,
      size: image?.imageSize ?? null,
      references,
    },
  };
}

async function decodeReference(mime: string, base64: string): Promise<ReceivedReference | null> {
  // Protobuf's JSON takes both alphabets; Buffer would silently skip anything else.
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return null;
  const data = Buffer.from(base64, 'base64');
  try {
    // As stored: Google tells callers to see that pictures are upright, and ignores orientations.
    const { width, height } = await sharp(data).metadata();
    const sha256 = createHash('sha256').update(data).digest('hex');
    return { mime, bytes: data.length, sha256, width, height, data };
  } catch {
    return null;
  }
}

class DuplicateName extends Error {}

/** Protobuf's JSON takes `inline_data` and `inlineData` alike, but not both at once. */
function camelKeys(value: unknown, path: string): unknown {
  if (Array.isArray(value))
    return value.map((entry, index) => camelKeys(entry, `${path}[${index}]`));
  if (value === null || typeof value !== 'object') return value;
  const result: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (Object.hasOwn(result, camel)) {
      throw new DuplicateName(`Field "${name}" at '${path}' is given twice.`);
    }
    result[camel] = camelKeys(entry, path === '' ? name : `${path}.${name}`);
  }
  return result;
}

/** The first complaint, in the words and with the snake_case path that Google uses. */
function refusalOf(error: z.ZodError): PlainAnswer {
  const issue = error.issues[0];
  const path = (issue?.path ?? [])
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${snake(String(key))}`))
    .join('')
    .replace(/^\./, '');
  if (issue?.code === 'unrecognized_keys') {
    const name = snake(issue.keys[0] ?? '');
    const where = path === '' ? '' : ` at '${path}'`;
    const description = `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`;
    return googleError(400, description, {
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: path, description }],
        },
      ],
    });
  }
  return badRequest(path, issue?.message ?? 'invalid');
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
