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
  seedStream,
  THINKING,
  USAGE,
  type WireShape,
} from './wire-shapes.ts';

const foxText = base64(FOX);
const escapedFox = foxText.replaceAll('/', String.raw`\/`).replaceAll('+', String.raw`\u002b`);
const signature = 'A\\/bc'.repeat(50);

/** Answers that end in a picture. */
export const GOOD_SHAPES: WireShape[] = [
  {
    name: 'the chunks of the provider’s documents, with LF',
    text: seedStream(event),
    picture: FOX,
    thoughts: '**Seeing** a fox',
    totalTokens: 1392,
  },
  { name: 'the same with CRLF', text: seedStream(crlf), picture: FOX, totalTokens: 1392 },
  {
    name: 'a last event without its blank line',
    text: seedStream(event).trimEnd(),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'events parted by line ends alone',
    text: seedStream(event).replaceAll('\n\n', '\n'),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'comments, pings, other fields and [DONE]',
    text: `: PING\n\n:\nevent: message\nid: 7\nretry: 10\n${seedStream(event)}: PING {"data":"\n\ndata: [DONE]\n\n`,
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'lines that end with CR alone',
    text: seedStream(event).replaceAll('\n', '\r'),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'a byte order mark and no space behind the colon',
    text: `\ufeff${seedStream((value) => `data:${json(value)}\n\n`)}`,
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'a JSON array, as Google answers without alt=sse',
    text: `[${[THINKING, parts(inline(FOX)), USAGE].map((v) => JSON.stringify(v, null, 2)).join('\n,\r\n')}\n]\n`,
    picture: FOX,
    thoughts: '**Seeing** a fox',
    totalTokens: 1392,
  },
  {
    name: 'one JSON object',
    text: json({ ...ended('STOP', { text: 'Here' }, inline(FOX)), ...USAGE }),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'one pretty-printed object with CRLF',
    text: JSON.stringify({ ...ended('STOP', inline(FOX)), ...USAGE }, null, '\t').replaceAll(
      '\n',
      '\r\n',
    ),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'a document that is spread over several data lines',
    text: `data: ${JSON.stringify(ended('STOP', inline(FOX)), null, 1).replaceAll('\n', '\ndata: ')}\n\n`,
    picture: FOX,
  },
  {
    name: 'a pretty-printed document whose further lines lack their data field',
    text: `data: ${JSON.stringify(ended('STOP', inline(FOX)), null, 2)}\n\n`,
    picture: FOX,
  },
  {
    name: 'documents one after the other, a line each',
    text: `${json(THINKING)}\n${json(parts(inline(FOX)))}\n${json(USAGE)}`,
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'an array inside an event',
    text: `data: ${json([THINKING, ended('STOP', inline(FOX))])}\n\n`,
    picture: FOX,
  },
  {
    name: 'a silent end right behind a whole picture',
    text: event(parts(inline(FOX))),
    picture: FOX,
    totalTokens: null,
  },
  {
    name: 'a connection that ends inside the document behind the picture',
    text: `${event(parts(inline(FOX)))}data: {"usageMetadata":{"totalTok`,
    picture: FOX,
    totalTokens: null,
  },
  {
    name: 'an error behind a whole picture',
    text: event(parts(inline(FOX))) + event(INTERNAL),
    picture: FOX,
  },
  {
    name: 'an odd finishReason behind a whole picture',
    text: event(parts(inline(FOX))) + event(ended('OTHER')),
    picture: FOX,
  },
  {
    name: 'a picture and a refusal in one document',
    text: event({
      ...ended('IMAGE_SAFETY', inline(FOX)),
      promptFeedback: { blockReason: 'OTHER' },
    }),
    picture: FOX,
  },
  {
    name: 'a thoughtSignature larger than the picture, in front of it and behind it',
    text: event(
      ended(
        'STOP',
        { thoughtSignature: signature, ...inline(FOX) },
        { text: '', thoughtSignature: signature },
      ),
    ),
    picture: FOX,
  },
  {
    name: 'snake_case throughout',
    text: event({
      candidates: [
        {
          content: { parts: [{ inline_data: { mime_type: 'image/png', data: foxText } }] },
          finish_reason: 'STOP',
        },
      ],
      usage_metadata: { prompt_token_count: 8, total_token_count: 1392 },
    }),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'a picture whose base64 and key are written with escapes',
    text: `data: {"candidates":[{"content":{"parts":[{"inline\\u0044ata":{"d\\u0061ta":"${escapedFox}"}}]},"finishReason":"STOP"}]}\n\n`,
    picture: FOX,
  },
  {
    name: 'base64 in the alphabet for URLs and without padding',
    text: event(
      parts({
        inlineData: {
          data: base64(OWL).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
        },
      }),
    ),
    picture: OWL,
  },
  {
    name: 'base64 that is broken into lines',
    text: event(parts({ inlineData: { data: foxText.replace(/.{76}/g, '$&\r\n') } })),
    picture: FOX,
  },
  {
    name: 'data in front of the type, and blank space wherever JSON allows it',
    text: `data: { "candidates" : [ { "content" : { "parts" : [ { "inlineData" :\t{ "data" : "${foxText}" , "mimeType" : "image/png" } } ] } } ] }\n\n`,
    picture: FOX,
  },
  {
    name: 'a type that lies',
    text: event(parts(inline(OWL, 'image/png'))),
    picture: OWL,
  },
  {
    name: 'a text that looks like an image part',
    text: event(ended('STOP', { text: '{"inlineData":{"data":"AAAA"}} "data":"' }, inline(FOX))),
    picture: FOX,
  },
  {
    name: 'several pictures: the last one counts',
    text: event(parts(inline(OWL), { text: 'or' }, inline(FOX))) + event(ended('STOP')),
    picture: FOX,
  },
  {
    name: 'a draft with its flag in front of and behind its data',
    text:
      event(parts({ thought: true, ...inline(OWL) })) +
      event(parts({ ...inline(OWL), thought: true })) +
      event(ended('STOP', inline(FOX))),
    picture: FOX,
    drafts: [OWL, OWL],
  },
  {
    name: 'a draft behind the result',
    text: event(parts(inline(FOX), { ...inline(OWL), thought: true })) + event(USAGE),
    picture: FOX,
    drafts: [OWL],
  },
  {
    name: 'nothing but flagged pictures, and a proper end',
    text:
      event(parts({ thought: true, ...inline(OWL) }, { thought: true, ...inline(FOX) })) +
      event(ended('STOP')),
    picture: FOX,
    drafts: [OWL, FOX],
  },
  {
    name: 'a flagged picture and the usage as the end',
    text: event(parts({ thought: true, ...inline(FOX) })) + event(USAGE),
    picture: FOX,
    drafts: [FOX],
    totalTokens: 1392,
  },
  {
    name: 'a markdown picture as a data URI in a text',
    text: event(ended('STOP', { text: `Look: ![fox](data:image/png;base64,${foxText}) so.` })),
    picture: FOX,
  },
  {
    name: 'a data URI with escaped slashes',
    text: event(ended('STOP', { text: `![](data:image/png;base64,${foxText})` })).replaceAll(
      '/',
      '\\/',
    ),
    picture: FOX,
  },
  {
    name: 'a data URI where the base64 should be',
    text: event(parts({ inlineData: { data: `data:image/png;base64,${foxText}` } })),
    picture: FOX,
  },
  {
    name: 'a data URI as a file',
    text: event(parts({ fileData: { fileUri: `data:image/png;base64,${foxText}` } })),
    picture: FOX,
  },
  {
    name: 'null and missing members everywhere around it',
    text:
      event({ candidates: null }) +
      event({ candidates: [null] }) +
      event({ candidates: [{ content: {} }] }) +
      event({ candidates: [{ content: { parts: null } }] }) +
      event({ candidates: [{ content: { parts: [null, { text: '' }, { text: null }] } }] }) +
      event({ candidates: [{ content: null, finishReason: null }] }) +
      event({}) +
      event({ error: null, candidates: [{ content: { parts: [inline(FOX)] } }] }),
    picture: FOX,
  },
  {
    name: 'usage that grows, stands anywhere, and ends in the traffic type alone',
    text:
      event({ ...THINKING, usageMetadata: { promptTokenCount: 8, totalTokenCount: 100 } }) +
      event({ ...parts(inline(FOX)), ...USAGE }) +
      event({ ...ended('STOP'), usageMetadata: { trafficType: 'ON_DEMAND' } }),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'a damaged picture in front of a good one',
    text:
      event(parts({ inlineData: { data: 'iVBORw0KGgo!!!!' } })) + event(ended('STOP', inline(FOX))),
    picture: FOX,
  },
  {
    name: 'a document that is cut off by the next event',
    text: `data: {"candidates":[{"content":{"parts":[{"inlineData":{"data":"${foxText.slice(0, 100)}\n\n${event(parts(inline(FOX)))}`,
    picture: FOX,
  },
  {
    name: 'a bare object that is cut off by an event',
    text: `{"candidates":[{"content":\n${event(parts(inline(FOX)))}`,
    picture: FOX,
  },
];
