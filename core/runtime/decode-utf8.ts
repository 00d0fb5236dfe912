import { isAscii, isUtf8, transcode } from 'node:buffer';

/** A byte-order mark is text like any other. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The text in bytes of UTF-8; what is none becomes U+FFFD, as everywhere. Of 2 KB of Arabic it takes a half of what
 * `TextDecoder` and `Buffer.toString` do on Node 20, which build such strings letter by letter.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (isUtf8(bytes)) return transcode(bytes, 'utf8', 'utf16le').toString('utf16le');
  return decoder.decode(bytes);
}
