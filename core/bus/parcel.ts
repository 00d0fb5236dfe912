/**
 * Parcels: several small messages as the bytes of one. A queue knows nothing of them; whoever delivers a message opens it.
 */
import { Parcel } from '../../proto/gen/majlis/v1/messages.js';
import { MajlisError } from '../errors.js';
import { decodeMessage } from '../rpc/parse-message.js';
import { BackwardWriter } from '../rpc/wire/backward-writer.js';
import { readParcel, writeParcel } from '../rpc/wire/parcel-fields.js';
import { readPlain } from '../rpc/wire/plain-reader.js';
import type { Bus, Delivery, MessageHeaders, OutgoingMessage, OutgoingParcel } from './bus.js';

/** Of a message that is a parcel: how many parts it has. */
export const PARCEL_HEADER = 'Majlis-Parcel';

type Part = OutgoingParcel['parts'][number];

/** Of several parts together: a parcel has to stay small where its parts are. */
const PARCEL_BYTES = 128 * 1024;

/** How many of the messages, from the first on, go out together: those of its run, as far as a parcel of so many parts carries them. */
export function countForParcel(
  messages: readonly Pick<OutgoingMessage, 'run' | 'data'>[],
  parcelSize: number,
): number {
  const most = Math.min(messages.length, parcelSize);
  let bytes = 0;
  let count = 0;
  while (count < most) {
    const { run, data } = messages[count];
    bytes += data.length;
    if (count > 0 && (run !== messages[0].run || bytes > PARCEL_BYTES)) break;
    count += 1;
  }
  return count;
}

/** Publishes the parts as one parcel; one that is alone is a message like any other. */
export function publishTogether(
  bus: Pick<Bus, 'publish' | 'publishParcel'>,
  queue: string,
  parcel: OutgoingParcel,
): ReturnType<Bus['publish']> {
  const { run, dedupeId, parts } = parcel;
  if (parts.length > 1) return bus.publishParcel(queue, parcel);
  const [{ data, headers }] = parts;
  return bus.publish(queue, { run, dedupeId, data, ...(headers === undefined ? {} : { headers }) });
}

const writer = new BackwardWriter();

/** The one message that carries the parts. */
export function packed({ run, dedupeId, parts }: OutgoingParcel): OutgoingMessage {
  const data = writer.message(parts, writeParcel);
  return { run, dedupeId, data, headers: { [PARCEL_HEADER]: String(parts.length) } };
}

/** The parts of a message that is a parcel; undefined where it is none. A damaged parcel is `data_loss`. */
export function partsOf(data: Uint8Array, headers: MessageHeaders): readonly Required<Part>[] | undefined {
  const announced = headers[PARCEL_HEADER];
  if (announced === undefined) return undefined;
  const parts = readPlain(data, readParcel) ?? decodedParts(data);
  if (parts.length > 0 && announced === String(parts.length)) return parts;
  throw new MajlisError(`a parcel of ${announced} parts holds ${parts.length}`, { code: 'data_loss' });
}

function decodedParts(data: Uint8Array): readonly Required<Part>[] {
  try {
    return decodeMessage(Parcel, data, 'message majlis.v1.Parcel').parts;
  } catch (thrown) {
    const { message } = MajlisError.from(thrown);
    throw new MajlisError(message, { code: 'data_loss', cause: thrown });
  }
}

/** Records one part of a parcel among the dead letters; the parcel stays as it is. */
export type BuryPart = (part: Required<Part>, place: number, reason: string) => Promise<void>;

/**
 * A delivery for each part of a delivered parcel, which is acked when all are settled, or given back, after the longest of
 * their delays, where at least one of them was.
 */
export function openedParcel(parcel: Delivery, parts: readonly Required<Part>[], bury: BuryPart): Delivery[] {
  const open = new Set(parts.keys());
  let returnAfterMs: number | undefined;
  const settle = async (place: number): Promise<void> => {
    if (!open.delete(place) || open.size > 0) return;
    if (returnAfterMs === undefined) await parcel.ack();
    else await parcel.nak(returnAfterMs);
  };
  return parts.map((part, place) => ({
    ...{ run: parcel.run, attempt: parcel.attempt, data: part.data, headers: part.headers },
    ack: () => settle(place),
    nak: (delayMs = 0) => {
      if (open.has(place)) returnAfterMs = Math.max(returnAfterMs ?? 0, delayMs);
      return settle(place);
    },
    working: () => parcel.working(),
    terminate: async (reason) => {
      await bury(part, place, reason);
      await settle(place);
    },
  }));
}
