import { afterEach, describe, expect, it } from 'vitest';
import { classifyProviderError } from '../../../src/gemini/errors/classify.ts';
import { readErrorBody } from '../../../src/gemini/errors/error-body.ts';
import { startClient } from '../support/client.ts';
import { readChunks, readText } from '../support/read.ts';
import { event, json } from '../support/wire-shapes.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const IMAGE = 'refused_image';
const PROMPT = 'refused_prompt';

/** Sentences in which gateways pass a refusal on, made after the forms that people report. */
const REFUSALS: [kind: string, reason: string | undefined, message: string][] = [
  [IMAGE, 'IMAGE_SAFETY', 'Gemini API error: IMAGE_SAFETY (request id: 20261128)'],
  [IMAGE, 'IMAGE_SAFETY', 'Gemini API error: IMAGE_SAFETY'],
  [IMAGE, 'IMAGE_SAFETY', 'IMAGE_SAFETY'],
  [IMAGE, 'IMAGE_RECITATION', 'blocked [IMAGE_RECITATION]'],
  [IMAGE, 'IMAGE_RECITATION', 'image generation was blocked (IMAGE_RECITATION)'],
  [IMAGE, 'IMAGE_SAFETY', 'finishReason=IMAGE_SAFETY'],
  [IMAGE, 'IMAGE_SAFETY', 'upstream returned no image, finishReason=IMAGE_SAFETY, request id: 7'],
  [IMAGE, 'IMAGE_SAFETY', 'no candidates: finish_reason: "IMAGE_SAFETY"'],
  [IMAGE, 'IMAGE_SAFETY', 'Unknown finish reason: IMAGE_SAFETY'],
  [IMAGE, 'IMAGE_PROHIBITED_CONTENT', '{"finishReason":"IMAGE_PROHIBITED_CONTENT"}'],
  [
    IMAGE,
    'IMAGE_PROHIBITED_CONTENT',
    'Content generation stopped. Reason: IMAGE_PROHIBITED_CONTENT',
  ],
  [
    IMAGE,
    'IMAGE_PROHIBITED_CONTENT',
    'generation ended with IMAGE_PROHIBITED_CONTENT and no image',
  ],
  [IMAGE, 'IMAGE_SAFETY_V9', 'Gemini API error: IMAGE_SAFETY_V9'],
  [IMAGE, 'SAFETY', 'Candidate was blocked due to SAFETY'],
  [IMAGE, 'SAFETY', 'Text not available. Response was blocked due to SAFETY'],
  [IMAGE, 'SAFETY', 'finish reason: SAFETY'],
  [IMAGE, 'RECITATION', 'stop_reason = RECITATION'],
  [IMAGE, 'SPII', 'finishReason is SPII'],
  [IMAGE, 'MODEL_ARMOR', 'finishReason: FinishReason.MODEL_ARMOR'],
  [PROMPT, 'PROHIBITED_CONTENT', 'request blocked by Gemini API: PROHIBITED_CONTENT'],
  [PROMPT, 'PROHIBITED_CONTENT', 'The prompt was blocked: block_reason: PROHIBITED_CONTENT'],
  [PROMPT, 'PROHIBITED_CONTENT', 'prompt_feedback.block_reason=BlockedReason.PROHIBITED_CONTENT'],
  [PROMPT, 'SAFETY', "promptFeedback: { 'blockReason': 'SAFETY' }"],
  [PROMPT, 'OTHER', 'blockReason: "OTHER"'],
  [PROMPT, 'IMAGE_SAFETY', 'blockReason: IMAGE_SAFETY'],
  [PROMPT, 'BLOCKLIST', 'Prompt rejected: BLOCKLIST'],
  [PROMPT, 'JAILBREAK', 'request rejected (JAILBREAK)'],
  [PROMPT, 'MODEL_ARMOR', 'Blocked by MODEL_ARMOR.'],
  [PROMPT, undefined, 'Your request was rejected as a result of our safety system.'],
  [PROMPT, undefined, 'The prompt violates our content policy'],
  [
    PROMPT,
    undefined,
    "This prompt contains sensitive words that violate Google's Responsible AI practices.",
  ],
  [
    IMAGE,
    undefined,
    "The model output could not be generated. This output contains sensitive words that violate Google's Responsible AI practices.",
  ],
  [IMAGE, undefined, 'The generated image was filtered out because it violated our policies.'],
  [PROMPT, undefined, '内容安全检测未通过'],
  [PROMPT, undefined, '提示词包含敏感词，请修改后重试'],
  [PROMPT, undefined, '输入内容违规，请调整提示词 (request id: 7)'],
  [PROMPT, undefined, '违规'],
  [PROMPT, undefined, '请求内容涉嫌违规，已被拦截'],
  [PROMPT, undefined, '内容审核不通过'],
  [PROMPT, undefined, '触发风控：检测到色情内容'],
  [PROMPT, undefined, '您的提示违反了使用政策'],
  [PROMPT, undefined, '未通过安全审核'],
  [IMAGE, undefined, '生成的图片包含敏感内容，已被过滤'],
  [IMAGE, undefined, '图片审核未通过'],
  [PROMPT, undefined, '檢測到違規內容'],
  [PROMPT, undefined, '內容安全'],
  [PROMPT, undefined, '該提示詞包含敏感詞'],
  [PROMPT, undefined, '内容不安全，请求被阻止'],
  [PROMPT, undefined, '该提示词不符合社区规范'],
  [PROMPT, undefined, '请求中包含禁止的内容'],
  [PROMPT, undefined, 'Your prompt was flagged by our moderation system'],
  [PROMPT, undefined, 'Request blocked by content moderation'],
  [PROMPT, undefined, 'Prohibited content detected'],
  [
    PROMPT,
    undefined,
    "Error code: 400 - {'error': {'message': 'Your request was rejected by our safety system.', 'code': None}}",
  ],
  ['no_image', 'NO_IMAGE', 'Gemini API error: NO_IMAGE'],
  ['no_image', 'NO_IMAGE', 'image generation failed, finishReason=NO_IMAGE'],
  ['no_image', 'IMAGE_OTHER', 'finish_reason: IMAGE_OTHER'],
];

/** Complaints, faults and bans that hold such words, and mean none of it. */
const OTHERS: [kind: string, status: number, message: string][] = [
  [
    'rejected',
    400,
    'Invalid value at \'safety_settings[0].category\' (type.googleapis.com/google.ai.generativelanguage.v1beta.HarmCategory), "HARM_CATEGORY_X"',
  ],
  ['rejected', 400, 'Invalid value: SAFETY is not a FinishReason'],
  ['rejected', 400, 'The parameter "blockReason" is not supported: PROHIBITED_CONTENT'],
  ['rejected', 400, 'Unknown name "blockReason": Cannot find field.'],
  ['rejected', 400, 'threshold must be one of BLOCK_NONE, SAFETY, IMAGE_SAFETY'],
  ['rejected', 400, 'Unsupported value: "IMAGE_SAFETY"'],
  [
    'rejected',
    400,
    'Could not read the prompt "a wall with the words: content policy, IMAGE_SAFETY" at byte 7',
  ],
  ['rejected', 400, 'Could not read “一面写着违规的墙”'],
  ['rejected', 400, 'bad prompt: IMAGE_SAFETY poster in red'],
  ['rejected', 400, 'safety_settings: 参数内容安全无效'],
  ['rejected', 400, 'The ratio is not supported by the safety system field'],
  ['rejected', 422, 'category: PROHIBITED_CONTENT is not allowed here'],
  ['busy', 500, 'Invalid value: SAFETY is not ready'],
  ['busy', 503, 'The safety service is unavailable'],
  ['busy', 503, '内容审核服务超时，请稍后重试'],
  ['busy', 500, '参数对大小写敏感'],
  ['busy', 500, 'HARM_CATEGORY_HATE_SPEECH could not be scored'],
  ['busy', 500, 'UNSAFETY and SAFETY_NET are words'],
  ['busy', 429, 'Too many requests to the safety system'],
  ['busy', 429, '请求过于频繁，触发风控'],
  ['busy', 429, '触发风控限流，请稍后重试'],
  ['busy', 500, '内容安全接口调用失败'],
  ['busy', 503, 'Request blocked: the moderation service timed out'],
  ['busy', 503, 'The content moderation service is temporarily unavailable'],
  ['busy', 500, `could not forward the prompt "${'a long poster '.repeat(70)}on content policy`],
  ['busy', 500, `could not read “${'一面很长的墙'.repeat(120)}写着违规的墙”`],
  ['rejected', 400, "Prompt 'a poster of the dog's content policy' exceeds 32 tokens"],
  ['misconfigured', 403, '账号因违规已被封禁'],
  ['misconfigured', 403, 'Your account has been suspended for violating our terms of service'],
  ['misconfigured', 403, 'API key blocked for violation of the safety policy'],
];

function failureOf(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyProviderError(readErrorBody(status, text), (words) => words);
}

/** The bodies in which a message comes. */
const BODIES: [string, (message: string) => unknown][] = [
  [
    'a gateway’s error',
    (message) => ({ error: { message, type: 'new_api_error', param: '', code: 'bad_response' } }),
  ],
  ['Google’s error', (message) => ({ error: { code: 500, message, status: 'INTERNAL' } })],
  ['a bare message', (message) => ({ message })],
  ['a bare code and message', (message) => ({ code: 500, msg: message, data: null })],
  [
    'an error inside of another',
    (message) => ({
      error: { message: JSON.stringify({ error: { message } }), code: 'upstream_error' },
    }),
  ],
  ['a string', (message) => ({ error: message })],
  ['a list', (message) => [{ error: { message } }]],
  ['plain words', (message) => message],
  [
    'JSON that is cut',
    (message) => JSON.stringify({ error: { message, type: 'x', code: 'y' } }).slice(0, -9),
  ],
];

describe('a refusal that a gateway tells as an error', () => {
  it.each(REFUSALS)('is %s (%s): %s', (kind, reason, message) => {
    for (const status of [400, 403, 404, 422, 429, 451, 500, 502, 503]) {
      // A complaint is what a form such as these two comes from, and 429 is no place for prose.
      const isProse = reason === undefined && !/[\u4e00-\u9fff]/.test(message);
      if (status === 429 && isProse) continue;
      if ([400, 422].includes(status) && /ended with/.test(message)) continue;
      const { kind: told, details } = failureOf(status, {
        error: { message, type: 'upstream_error' },
      });
      expect([status, told, told === kind ? reason : details.reason]).toEqual([
        status,
        kind,
        reason,
      ]);
      if (reason !== undefined) expect(details.reason).toBe(reason);
    }
  });

  it.each([
    'Gemini API error: IMAGE_SAFETY (request id: 1)',
    'blocked [IMAGE_RECITATION]\r\n',
    '生成的图片包含敏感内容',
    '<html><head><title>502</title></head><body><p>finishReason=IMAGE_SAFETY</p></body></html>',
  ])('is found in an answer that is no JSON: %s', async (text) => {
    for (const status of [400, 500]) {
      expect(failureOf(status, text)).toMatchObject({ kind: IMAGE });
    }
    expect(failureOf(502, text).details.words ?? '').not.toContain('<');
    expect((await readText(text)).failure?.kind).toBe(IMAGE);
    const bytes = Array.from(Buffer.from(text), (byte) => Buffer.of(byte));
    expect((await readChunks(bytes)).failure?.kind).toBe(IMAGE);
  });

  it.each(['upstream connect error', '<html><h1>502</h1></html>', 'NO_IMAGES were found'])(
    'is none in any other answer that is no JSON: %s',
    async (text) => {
      expect(failureOf(502, text).kind).toBe('busy');
      expect((await readText(text)).failure?.kind).toBe('bad_answer');
    },
  );

  it.each([
    { error: { message: 'no', finish_reason: 'IMAGE_SAFETY' } },
    { error: { message: 'no', metadata: { finishReason: 'IMAGE_SAFETY' } } },
    { errors: [{ message: 'finishReason=IMAGE_SAFETY' }] },
    { detail: { message: 'blocked', reason: 'IMAGE_SAFETY' } },
    { message: 'fail', data: { error: { message: 'IMAGE_SAFETY' } } },
  ])('is found where a gateway puts it: %j', (body) => {
    expect(failureOf(500, body)).toMatchObject({
      kind: IMAGE,
      details: { reason: 'IMAGE_SAFETY' },
    });
  });

  it.each(BODIES)('is found in %s', async (name, write) => {
    const body = write('Gemini API error: IMAGE_SAFETY (request id: 1)');
    expect(failureOf(502, body).kind).toBe('refused_image');
    if (name === 'plain words' || name === 'JSON that is cut') return;
    for (const text of [event(body), json(body), JSON.stringify(body, null, 2)]) {
      const { failure } = await readText(text);
      expect(failure?.kind).toBe('refused_image');
    }
  });

  it.each([
    ['IMAGE_SAFETY', IMAGE],
    ['image_safety', IMAGE],
    ['PROHIBITED_CONTENT', PROMPT],
    ['SAFETY', PROMPT],
    ['content_policy_violation', PROMPT],
    ['content_filter', PROMPT],
    ['sensitive_words_detected', PROMPT],
    ['moderation_blocked', PROMPT],
    ['DataInspectionFailed', PROMPT],
    ['ResponsibleAIPolicyViolation', PROMPT],
    ['google_safety_block', PROMPT],
    ['NO_IMAGE', 'no_image'],
  ])('is known by the code %s', (code, kind) => {
    for (const fields of [
      { code },
      { type: code },
      { status: code },
      { code: 500, details: [{ reason: code }] },
    ]) {
      for (const status of [400, 429, 500]) {
        expect(failureOf(status, { error: { message: 'no', ...fields } }).kind).toBe(kind);
      }
    }
  });

  it.each([200, 400, 500, 502])('is asked once with HTTP %i', async (status) => {
    const client = await startClient((response) =>
      response
        .writeHead(status)
        .end(json({ error: { message: 'Gemini API error: IMAGE_SAFETY' } })),
    );
    cleanups.push(client.close);
    expect((await client.generate()).failure).toMatchObject({
      kind: 'refused_image',
      details: { reason: 'IMAGE_SAFETY', attempts: 1 },
    });
    expect(client.server.requests).toHaveLength(1);
  });
});

describe('words of a refusal that are none', () => {
  it.each(OTHERS)('are %s with HTTP %i: %s', (kind, status, message) => {
    const bodies = [
      { error: { message, type: 'new_api_error', code: '' } },
      { error: { code: status, message } },
    ];
    for (const body of bodies) expect(failureOf(status, body).kind).toBe(kind);
  });

  it('are no error at all in the message of an answer that goes on', async () => {
    const { failure } = await readText(event({ message: 'looking at it', status: 'processing' }));
    expect(failure?.kind).toBe('cut');
  });
});

describe('a blocked prompt', () => {
  it('is known by its message where no reason is given', async () => {
    const { failure } = await readText(
      event({ promptFeedback: { blockReasonMessage: 'Not this.' } }),
    );
    expect(failure).toMatchObject({ kind: 'refused_prompt', details: { words: 'Not this.' } });
    expect(failure?.details).not.toHaveProperty('reason');
    const unspecified = {
      blockReason: 'BLOCK_REASON_UNSPECIFIED',
      blockReasonMessage: 'Not this.',
    };
    const told = await readText(
      event({ promptFeedback: unspecified }) + event({ promptFeedback: { blockReason: 'OTHER' } }),
    );
    expect(told.failure).toMatchObject({ kind: 'refused_prompt', details: { reason: 'OTHER' } });
  });

  it('is none where nothing is said of why', async () => {
    const empty = { blockReason: 'BLOCK_REASON_UNSPECIFIED', blockReasonMessage: '' };
    const { failure } = await readText(event({ promptFeedback: empty }));
    expect(failure?.kind).toBe('cut');
  });
});
