import sharp from 'sharp';

/** A file that is small and costs much to read. */
export interface AttackFile {
  name: string;
  bytes: Buffer;
}

const BLACK = { r: 0, g: 0, b: 0 } as const;

/** Draws the files that four people attach at once; each of them took the bot down before. */
export async function drawAttackFiles(): Promise<AttackFile[]> {
  const plain = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: BLACK }, limitInputPixels: false });
  return [
    { name: 'bomb.avif', bytes: await plain(9_990, 9_990).avif({ effort: 0 }).toBuffer() },
    {
      name: 'turned.tiff',
      bytes: await plain(9_990, 9_990)
        .withMetadata({ orientation: 6 })
        .tiff({ compression: 'deflate' })
        .toBuffer(),
    },
    {
      name: 'phone.jpg',
      bytes: await plain(8_160, 6_120).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    },
    { name: 'boxes.avif', bytes: manyBoxes(105_000) },
  ];
}

/** An AVIF whose properties hold this many sizes, of 20 bytes each. */
function manyBoxes(count: number): Buffer {
  const box = (type: string, ...content: Buffer[]) => {
    const body = Buffer.concat(content);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + body.length);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const fullBox = Buffer.alloc(4);
  const size = Buffer.alloc(8);
  size.writeUInt32BE(64, 0);
  size.writeUInt32BE(64, 4);
  const sizes = Buffer.concat(Array.from({ length: count }, () => box('ispe', fullBox, size)));
  const properties = box('iprp', box('ipco', sizes));
  return Buffer.concat([
    box('ftyp', Buffer.from('avif\0\0\0\0avifmif1', 'latin1')),
    box('meta', fullBox, properties),
    box('mdat', Buffer.alloc(16)),
  ]);
}
