import type { Transform } from 'node:stream';
import { constants, createDeflate, createZstdCompress } from 'node:zlib';
import type { WebSocket } from 'ws';

/**
 * One stream for the whole life of a connection, flushed after each payload, that sends what it
 * makes; null where none was asked for. discord.js asks for none unless told to, other libraries
 * do.
 */
export function compressFor(socket: WebSocket, method: string | null): Transform | null {
  if (method !== 'zlib-stream' && method !== 'zstd-stream') return null;
  const stream: Transform =
    method === 'zlib-stream'
      ? createDeflate({ flush: constants.Z_SYNC_FLUSH })
      : createZstdCompress({ flush: constants.ZSTD_e_flush });
  stream.on('data', (chunk: Buffer) => {
    if (socket.readyState === socket.OPEN) socket.send(chunk, { binary: true });
  });
  socket.on('close', () => stream.destroy());
  return stream;
}
