import type { MessageHeaders, OutgoingParcel } from '../../bus/bus.js';
import type { BackwardWriter } from './backward-writer.js';
import type { PlainReader } from './plain-reader.js';

/** The fields of a majlis.v1.Parcel, by their tags (field number and wire type) in messages.proto. */

type Part = OutgoingParcel['parts'][number];

/** Last part first, and of each part the last field. */
export function writeParcel(writer: BackwardWriter, parts: readonly Part[]): void {
  for (let place = parts.length - 1; place >= 0; place -= 1) {
    const { data, headers = {} } = parts[place];
    const since = writer.written;
    writeHeaders(writer, headers);
    if (data.length > 0) writer.content(0x0a, data);
    writer.enclose(0x0a, since);
  }
}

function writeHeaders(writer: BackwardWriter, headers: MessageHeaders): void {
  for (const [name, value] of Object.entries(headers).reverse()) {
    const since = writer.written;
    writer.name(0x12, value);
    writer.name(0x0a, name);
    writer.enclose(0x12, since);
  }
}

/** Their data lies in the memory of the message. */
export function readParcel(reader: PlainReader): readonly Required<Part>[] {
  const parts: Required<Part>[] = [];
  while (reader.has(0x0a)) {
    const end = reader.enter(0x0a);
    const data = reader.has(0x0a, end) ? reader.content(0x0a) : new Uint8Array();
    const headers: Record<string, string> = {};
    while (reader.has(0x12, end)) readHeader(reader, headers);
    reader.leave(end);
    parts.push({ data, headers });
  }
  return parts;
}

function readHeader(reader: PlainReader, headers: Record<string, string>): void {
  const end = reader.enter(0x12);
  const name = reader.name(0x0a);
  headers[name] = reader.has(0x12, end) ? reader.name(0x12) : '';
  reader.leave(end);
}
