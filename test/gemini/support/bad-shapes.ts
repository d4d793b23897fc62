import {
  base64,
  crlf,
  ended,
  event,
  FOX,
  INTERNAL,
  inline,
  json,
  OWL,
  parts,
  THINKING,
  USAGE,
  type WireShape,
} from './wire-shapes.ts';

const RETRY = {
  error: {
    code: 429,
    message: 'You exceeded your current quota, please check your plan and billing details.',
    status: 'RESOURCE_EXHAUSTED',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.QuotaFailure' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' },
    ],
  },
};
const pretty = (value: unknown) => JSON.stringify(value, null, 2);

/** Answers of HTTP 200 that end in a failure. */
export const BAD_SHAPES: WireShape[] = [
  { name: 'no bytes at all', text: '', failure: 'cut' },
  { name: 'comments alone', text: ': PING\n\n: PING\n\n', failure: 'cut' },
  { name: 'thoughts, then a silent end', text: event(THINKING), failure: 'cut' },
  { name: 'thoughts and [DONE]', text: `${event(THINKING)}data: [DONE]\n\n`, failure: 'cut' },
  {
    name: 'text and usage, then a silent end',
    text: event(parts({ text: 'No.' })) + event(USAGE),
    failure: 'cut',
  },
  {
    name: 'an end inside the picture',
    text: event(parts(inline(FOX))).slice(0, 200),
    failure: 'cut',
  },
  {
    name: 'an end inside the picture of a bare object',
    text: json(ended('STOP', inline(FOX))).slice(0, 200),
    failure: 'cut',
  },
  {
    name: 'a flagged picture, then a silent end',
    text: event(parts({ thought: true, ...inline(FOX) })),
    failure: 'cut',
    drafts: [FOX],
  },
  {
    name: 'a refused prompt',
    text: event({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, ...USAGE }),
    failure: 'refused_prompt',
    reason: 'PROHIBITED_CONTENT',
    totalTokens: 1392,
  },
  {
    name: 'a refused prompt in words, in one object',
    text: pretty({ promptFeedback: { blockReason: 'OTHER', blockReasonMessage: 'Not this.' } }),
    failure: 'refused_prompt',
    reason: 'OTHER',
    words: 'Not this.',
  },
  ...[
    'SAFETY',
    'IMAGE_SAFETY',
    'PROHIBITED_CONTENT',
    'IMAGE_PROHIBITED_CONTENT',
    'RECITATION',
    'IMAGE_RECITATION',
    'BLOCKLIST',
    'SPII',
    'MODEL_ARMOR',
    'IMAGE_SAFETY_V9',
  ].map((reason) => ({
    name: `the finishReason ${reason}`,
    text: event(THINKING) + crlf(ended(reason)),
    failure: 'refused_image',
    reason,
  })),
  {
    name: 'a refused picture in the model’s words',
    text:
      event(parts({ text: 'I would rather not.' })) +
      event({
        candidates: [{ finishReason: 'IMAGE_SAFETY', finishMessage: 'Unable to show it.' }],
      }),
    failure: 'refused_image',
    reason: 'IMAGE_SAFETY',
    words: 'Unable to show it.\nI would rather not.',
  },
  {
    name: 'a refusal behind a draft',
    text: event(parts({ thought: true, ...inline(OWL) })) + event(ended('IMAGE_SAFETY')),
    failure: 'refused_image',
    drafts: [OWL],
  },
  {
    name: 'a refusal, then an error',
    text: event(ended('IMAGE_SAFETY')) + event(INTERNAL),
    failure: 'refused_image',
  },
  ...[
    'STOP',
    'MAX_TOKENS',
    'LANGUAGE',
    'OTHER',
    'IMAGE_OTHER',
    'NO_IMAGE',
    'MALFORMED_RESPONSE',
    'MALFORMED_FUNCTION_CALL',
    'UNEXPECTED_TOOL_CALL',
    'WHATEVER_COMES_NEXT',
  ].map((reason) => ({
    name: `the finishReason ${reason} and no picture`,
    text: event(THINKING) + event(ended(reason, { text: 'A fox is ' }, { text: 'red.' })),
    failure: 'no_image',
    reason,
    words: 'A fox is red.',
  })),
  {
    name: 'a text that mentions a data URI',
    text: event(ended('STOP', { text: 'Use data:image/png;base64,iVBORw0KGgo... for it.' })),
    failure: 'no_image',
    words: 'Use data:image/png;base64,iVBORw0KGgo... for it.',
  },
  {
    name: 'an error as an event',
    text: event(THINKING) + event(INTERNAL),
    failure: 'busy',
    reason: 'INTERNAL',
  },
  {
    name: 'an error with a wish to wait',
    text: crlf(RETRY),
    failure: 'busy',
    retryAfterMs: 34_400,
  },
  { name: 'an error alone, labelled an event stream', text: json(INTERNAL), failure: 'busy' },
  {
    name: 'an error of several lines, alone',
    text: pretty(RETRY),
    failure: 'busy',
    retryAfterMs: 34_400,
  },
  { name: 'an error in an array', text: pretty([INTERNAL]), failure: 'busy' },
  {
    name: 'an error at the end of an array',
    text: `[${json(THINKING)},\r\n${pretty(INTERNAL)}]`.replaceAll('\n', '\r\n'),
    failure: 'busy',
  },
  {
    name: 'a bare error of several lines behind events',
    text: `${crlf(THINKING)}${pretty(INTERNAL)}\n`,
    failure: 'busy',
  },
  {
    name: 'the same behind a chunk with STOP, without a blank line between',
    text: `${event(ended('STOP', { text: '' })).trimEnd()}\n${pretty(INTERNAL)}`,
    failure: 'busy',
  },
  {
    name: 'a draft, then an error',
    text: event(parts({ thought: true, ...inline(OWL) })) + event(INTERNAL),
    failure: 'busy',
    drafts: [OWL],
  },
  {
    name: 'an event line that cuts a picture off with an error',
    text: `${event(parts(inline(FOX))).slice(0, 200)}\n\nevent: error\n${event(INTERNAL)}`,
    failure: 'busy',
  },
  {
    name: 'an event of the type error with a bare message',
    text: 'event: error\ndata: {"message":"upstream is gone"}\n\n',
    failure: 'busy',
    words: 'upstream is gone',
  },
  {
    name: 'a gateway’s error with a type',
    text: event({
      error: { message: 'bad upstream', type: 'upstream_error', code: 'bad_response' },
    }),
    failure: 'busy',
    words: 'bad upstream',
  },
  {
    name: 'a bare code and message',
    text: event({ code: 503, message: 'later' }),
    failure: 'busy',
  },
  { name: 'an error that is a string', text: event({ error: 'overloaded' }), failure: 'busy' },
  {
    name: 'the code of a gateway’s answer that is no error',
    text: event({ code: 0, message: 'success' }) + event(ended('STOP')),
    failure: 'no_image',
  },
  {
    name: 'a gateway’s word on how things go',
    text: event({ status: 'processing', message: 'queued' }) + event(ended('STOP')),
    failure: 'no_image',
  },
  {
    name: 'a gateway’s word that it failed',
    text: event({ success: false, message: 'no room' }),
    failure: 'busy',
    words: 'no room',
  },
  {
    name: 'an error inside of an error',
    text: event({
      error: { error: { code: 400, message: 'No such size.', status: 'INVALID_ARGUMENT' } },
    }),
    failure: 'rejected',
    reason: 'INVALID_ARGUMENT',
    words: 'No such size.',
  },
  {
    name: 'a bad request',
    text: event({
      error: { code: 400, message: 'Ratio 7:3 is not supported.', status: 'INVALID_ARGUMENT' },
    }),
    failure: 'rejected',
    words: 'Ratio 7:3 is not supported.',
  },
  {
    name: 'a wrong key',
    text: json({
      error: {
        code: 400,
        message: 'API key not valid: the-key. Please pass a valid API key.',
        status: 'INVALID_ARGUMENT',
        details: [
          { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' },
        ],
      },
    }),
    failure: 'misconfigured',
    words: 'API key not valid: [key]. Please pass a valid API key.',
  },
  {
    name: 'an empty purse',
    text: event({
      error: { message: 'user quota is not enough', code: 'insufficient_user_quota' },
    }),
    failure: 'misconfigured',
  },
  {
    name: 'a model that nobody knows',
    text: event({
      error: { message: 'No available channel', type: 'new_api_error', code: 'model_not_found' },
    }),
    failure: 'misconfigured',
  },
  {
    name: 'a refusal that a gateway made an error of',
    text: event({
      error: {
        message: 'request blocked by Gemini API: PROHIBITED_CONTENT',
        code: 'prompt_blocked',
      },
    }),
    failure: 'refused_prompt',
  },
  {
    name: 'an HTML page',
    text: '<!doctype html>\n<html>\n<h1>502</h1>\n</html>',
    failure: 'bad_answer',
  },
  { name: 'plain words', text: 'upstream connect error', failure: 'bad_answer' },
  {
    name: 'an event that is no JSON',
    text: 'data: {"candidates": oops}\n\n',
    failure: 'bad_answer',
  },
  {
    name: 'base64 with a hole in it',
    text: event(
      ended('STOP', {
        inlineData: { data: `${base64(FOX).slice(0, 99)}\u0000${base64(FOX).slice(100)}` },
      }),
    ),
    failure: 'bad_answer',
  },
  {
    name: 'base64 that lacks a character',
    text: event(
      ended('STOP', { inlineData: { data: base64(OWL).replace(/=*$/, '').slice(0, -2) } }),
    ),
    failure: 'bad_answer',
  },
  {
    name: 'base64 of what is no picture',
    text: event(
      ended('STOP', {
        inlineData: { mimeType: 'image/png', data: base64(Buffer.alloc(90, 'plain ')) },
      }),
    ),
    failure: 'bad_answer',
  },
  {
    name: 'an SVG',
    text: event(
      ended('STOP', {
        inlineData: {
          mimeType: 'image/png',
          data: base64(
            Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
          ),
        },
      }),
    ),
    failure: 'bad_answer',
  },
  {
    name: 'an address on a host that is not named',
    text: event(ended('STOP', { fileData: { fileUri: 'https://elsewhere.example/fox.png' } })),
    failure: 'bad_answer',
  },
  {
    name: 'an address that is none',
    text: event(ended('STOP', { inlineData: { data: 'gs://bucket/fox.png' } })),
    failure: 'bad_answer',
  },
];
