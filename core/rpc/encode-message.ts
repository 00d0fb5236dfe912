import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** An encoder of one message type, as ts-proto generates them. */
export interface MessageEncoder<Message> {
  encode(message: Message, writer: BinaryWriter): BinaryWriter;
}

/** Its buffer has grown to the largest message so far: one that grows anew for each message costs more than the message. */
let shared = new BinaryWriter();

/** The bytes of a message, in memory of their own. */
export function encodeMessage<Message>(encoder: MessageEncoder<Message>, message: Message): Uint8Array {
  const writer = shared;
  // A message that cannot be encoded leaves its writer with half of it.
  shared = new BinaryWriter();
  const bytes = encoder.encode(message, writer).finish();
  shared = writer;
  return bytes;
}
