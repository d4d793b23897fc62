/**
 * The model's service in a process of its own, so that its work does not count for its clients:
 * answers every request with a thought, one picture and the usage, in chunks of 64 KiB.
 * Prints its address; ends with its parent.
 */
import { randomFillSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

const CHUNK_BYTES = 65_536;
const pictureBytes = Number(process.argv[2]);

/** A PNG's header and end around noise: nothing in here decodes pixels. */
function makePicture(): Buffer {
  const picture = randomFillSync(Buffer.alloc(pictureBytes));
  const header = Buffer.from('89504e470d0a1a0a0000000d494844520000158000000c00', 'hex');
  const end = Buffer.from('0000000049454e44ae426082', 'hex');
  picture.set(header);
  picture.set(end, picture.length - end.length);
  return picture;
}

const event = (value: object) => `data: ${JSON.stringify(value)}\r\n\r\n`;
const candidate = (part: object) => ({
  candidates: [{ content: { role: 'model', parts: [part] } }],
});
const answer = Buffer.concat(
  [
    candidate({ text: '**Seeing** a fox in the snow', thought: true }),
    candidate({ inlineData: { mimeType: 'image/png', data: makePicture().toString('base64') } }),
    { usageMetadata: { promptTokenCount: 8, totalTokenCount: 1392, thoughtsTokenCount: 264 } },
  ].map((value) => Buffer.from(event(value))),
);

function* chunks(): Generator<Buffer> {
  for (let at = 0; at < answer.length; at += CHUNK_BYTES) {
    yield answer.subarray(at, at + CHUNK_BYTES);
  }
}

const server = createServer(async (request, response) => {
  for await (const _ of request);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  // An end in mid-answer is the client's business.
  await pipeline(chunks, response).catch(() => {});
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().on('end', () => process.exit());
