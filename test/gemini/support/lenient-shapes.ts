import { png } from './pictures.ts';
import {
  base64,
  ended,
  event,
  FOX,
  inline,
  json,
  OWL,
  parts,
  THINKING,
  USAGE,
  type WireShape,
} from './wire-shapes.ts';

const DRAFT = event(parts({ thought: true, ...inline(OWL) }));
const LONG = base64(png({ bytes: 900 }));
const ZEROS = { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 };

/** What gateways make of an answer: none of it is told in any document. */
export const LENIENT_SHAPES: WireShape[] = [
  {
    name: 'usage of zeros behind the real one',
    text:
      event(parts(inline(FOX))) + event(USAGE) + event({ candidates: [], usageMetadata: ZEROS }),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'a total of zero behind the real one',
    text:
      event({ ...parts(inline(FOX)), ...USAGE }) +
      event({ usageMetadata: { ...ZEROS, promptTokenCount: 8 } }),
    picture: FOX,
    totalTokens: 1392,
  },
  {
    name: 'usage of zeros alone',
    text: event({ ...ended('STOP', inline(FOX)), usageMetadata: ZEROS }),
    picture: FOX,
    totalTokens: null,
  },
  {
    name: 'a draft, its usage, and usage of zeros',
    text: DRAFT + event(USAGE) + event({ usageMetadata: ZEROS }),
    picture: OWL,
    drafts: [OWL],
    totalTokens: 1392,
  },
  {
    name: 'a draft and usage of zeros, then a silent end',
    text: DRAFT + event({ usageMetadata: ZEROS }),
    failure: 'cut',
    drafts: [OWL],
  },
  {
    name: 'a draft and the usage of the prompt, then a silent end',
    text: DRAFT + event({ usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 } }),
    failure: 'cut',
    drafts: [OWL],
  },
  {
    name: 'a refusal, then a STOP of the gateway’s own',
    text: event(ended('IMAGE_SAFETY')) + event(ended('STOP')),
    failure: 'refused_image',
    reason: 'IMAGE_SAFETY',
  },
  {
    name: 'a STOP, then a refusal',
    text: event(ended('STOP')) + event(ended('IMAGE_SAFETY')),
    failure: 'refused_image',
    reason: 'IMAGE_SAFETY',
  },
  {
    name: 'both spellings of a member, one of them null',
    text:
      event(parts({ ...inline(OWL), inline_data: null })) +
      event({ ...parts({ inline_data: null, ...inline(FOX) }), ...USAGE, usage_metadata: null }),
    picture: FOX,
    totalTokens: 1392,
  },
  ...['true', 'True', 1].map((thought) => ({
    name: `a draft whose flag is ${json(thought)}`,
    text: event(parts(inline(FOX), { thought, ...inline(OWL) })) + event(ended('STOP')),
    picture: FOX,
    drafts: [OWL],
  })),
  {
    name: 'documents inside a response',
    text:
      event({ response: { ...THINKING } }) +
      event({ response: { ...ended('STOP', inline(FOX)), ...USAGE }, responseId: 'a' }),
    picture: FOX,
    thoughts: '**Seeing** a fox',
    totalTokens: 1392,
  },
  ...[
    { name: 'on the line of the document', between: [',', ','] },
    { name: 'on lines of their own', between: [',\r\n', '\n,'] },
    { name: 'on indented lines', between: [',\n  ', ' ,\n\t'] },
  ].map(({ name, between: [first, second] }) => ({
    name: `a bare array that holds what is no document, ${name}`,
    text: `[null${first}${json(THINKING)}${second}-1.5e3${first}true${second}${json(ended('STOP', inline(FOX)))}${first}null]`,
    picture: FOX,
    thoughts: '**Seeing** a fox',
  })),
  {
    name: 'a bare array that begins with nothing',
    text: `[null,${json(ended('STOP', inline(FOX)))}]`,
    picture: FOX,
  },
  {
    name: 'words between the elements of a bare array',
    text: `["ok, \\"{[",${json(THINKING)},"",\n "x", ${json(ended('STOP', inline(FOX)))},"[DONE]"]`,
    picture: FOX,
  },
  {
    name: 'a sequence of texts, each behind a record separator',
    text: `\x1e${json(THINKING)}\n\x1e${json(ended('STOP', inline(FOX)))}\n`,
    picture: FOX,
  },
  {
    name: 'a data prefix said twice',
    text: `data: data: ${json(THINKING)}\n\ndata:data:${json(parts(inline(FOX)))}\n\ndata: data: [DONE]\n\n`,
    picture: FOX,
    thoughts: '**Seeing** a fox',
  },
  {
    name: 'a data prefix said twice on each line of a document',
    text: `${JSON.stringify(ended('STOP', inline(FOX)), null, 1).replace(/^/gm, 'data: data: ')}\n\n`,
    picture: FOX,
  },
  ...['application/octet-stream', '', 'image/png;charset=utf-8'].map((type) => ({
    name: `a data URI of the type “${type}” where the base64 should be`,
    text: event(parts({ inlineData: { data: `data:${type};base64,${base64(FOX)}` } })),
    picture: FOX,
  })),
  ...[
    { where: 'at its end', data: `${base64(FOX)}\r\n` },
    { where: 'at its beginning', data: `\n${base64(FOX)}` },
    { where: 'every 76 characters', data: base64(FOX).replace(/.{76}/g, '$&\r\n') },
  ].flatMap(({ where, data }) => [
    {
      name: `base64 with a line break ${where}`,
      text: event(parts({ inlineData: { data } })),
      picture: FOX,
    },
    {
      name: `a data URI with a line break ${where}`,
      text: event(parts({ inlineData: { data: `data:image/png;base64,${data}` } })),
      picture: FOX,
    },
  ]),
  {
    name: 'a data URI with a line break behind it, as the address of a file',
    text: event(parts({ fileData: { fileUri: `data:image/png;base64,${base64(FOX)}\n` } })),
    picture: FOX,
  },
  {
    name: 'a data URI whose base64 is damaged',
    text: event(ended('STOP', { inlineData: { data: `data:;base64,${base64(FOX)}!` } })),
    failure: 'bad_answer',
  },
  {
    name: 'a drawing as a data URI in a text',
    text: event(
      ended('STOP', {
        text: `No. ![](data:image/svg+xml;base64,${base64(Buffer.alloc(300, '<svg width="1"/>'))})`,
      }),
    ),
    failure: 'no_image',
    words: 'No.',
  },
  {
    name: 'base64 of a picture that is parted over two texts',
    text:
      event(parts({ text: `Here: ${LONG.slice(0, 400)}` })) +
      event(ended('STOP', { text: `${LONG.slice(400)}\nDo you like it?` })),
    failure: 'no_image',
    words: 'Here: ……\nDo you like it?',
  },
  {
    name: 'base64 that is broken into lines in a text',
    text: event(ended('STOP', { text: `Here:\n${LONG.replace(/.{76}/g, '$&\n')}` })),
    failure: 'no_image',
    words: 'Here:\n…',
  },
  {
    name: 'a text that is one long word of letters',
    text: event(ended('STOP', { text: `N${'o'.repeat(150)}!` })),
    failure: 'no_image',
    words: `N${'o'.repeat(150)}!`,
  },
];
