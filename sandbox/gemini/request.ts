import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { z } from 'zod';
import { type Dimensions, RATIOS, type Ratio, SIZES, type Size } from './catalogue.ts';
import { badRequest, googleError, type PlainAnswer } from './wire-error.ts';

/** The types that the provider's documents allow for a reference. Google's add HEIC and HEIF. */
const REFERENCE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const;
/** The same as sharp names what the bytes really are; other bytes under such a type are not promised. */
const REFERENCE_FORMATS: readonly string[] = ['jpeg', 'png', 'webp'];
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
  /** Of the pixels as they are stored: nobody promises that a model looks at EXIF's orientation. */
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

/** A request as far as it could be read, and the answer to send where it is refused. */
type ReadRequest =
  | { request: ReceivedRequest; refusal: null }
  | { request: ReceivedRequest | null; refusal: PlainAnswer };

/** Reads a request's body, and refuses what the real service would refuse. */
export async function readRequest(body: Buffer): Promise<ReadRequest> {
  const refuse = (refusal: PlainAnswer): ReadRequest => ({ request: null, refusal });
  let json: unknown;
  try {
    json = camelKeys(JSON.parse(body.toString('utf8')), '');
  } catch (error) {
    const message = error instanceof DuplicateName ? error.message : 'the body is no JSON.';
    return refuse(googleError(400, `Invalid JSON payload received. ${message}`));
  }
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) return refuse(refusalOf(parsed.error));

  const parts = parsed.data.contents.flatMap((entry) => entry.parts);
  const blobs = parts.flatMap((entry) =>
    entry.inlineData === undefined ? [] : [entry.inlineData],
  );
  if (blobs.length > MAX_REFERENCES) {
    return refuse(badRequest('contents', `at most ${MAX_REFERENCES} pictures`));
  }
  const prompt = parts.flatMap((entry) => entry.text ?? []).join('\n');
  const image = parsed.data.generationConfig.imageConfig;
  const request: ReceivedRequest = {
    prompt,
    ratio: image?.aspectRatio ?? null,
    size: image?.imageSize ?? null,
    references: [],
  };
  for (const [index, { mimeType, data: base64 }] of blobs.entries()) {
    const message = `Unable to process input image (picture ${index + 1} of the request).`;
    const refusal = googleError(400, message);
    // Protobuf's JSON takes both alphabets; Buffer would silently skip anything else.
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return { request, refusal };
    const data = Buffer.from(base64, 'base64');
    const sha256 = createHash('sha256').update(data).digest('hex');
    const pixels = await readPixels(data);
    request.references.push({
      mime: mimeType,
      bytes: data.length,
      sha256,
      data,
      ...(pixels ?? { width: 0, height: 0 }),
    });
    if (pixels === null) return { request, refusal };
  }
  return { request, refusal: null };
}

/** How many pixels a reference has; null where the provider does not promise to take it. */
async function readPixels(data: Buffer): Promise<Dimensions | null> {
  try {
    // As stored: Google tells callers to see that pictures are upright, and ignores orientations.
    const { width, height, format, pages = 1 } = await sharp(data).metadata();
    // Which picture of an animation would be taken is not promised either.
    if (!REFERENCE_FORMATS.includes(format) || pages > 1) return null;
    // The whole file is read here: an answer that has begun could only break off.
    await sharp(data).resize(64, 64, { fit: 'inside' }).raw().toBuffer();
    return { width, height };
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
