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

/** Of a part, beside its data: some headers. One that has more costs a copy. */
const BYTES_AROUND_A_PART = 256;

/** The one message that carries the parts. */
export function packed({ run, dedupeId, parts }: OutgoingParcel): OutgoingMessage {
  // Memory of its own: what is as large as a parcel would leave much of a common one unused.
  const room = parts.reduce((sum, part) => sum + part.data.length + BYTES_AROUND_A_PART, 0);
  const data = new BackwardWriter(room).message(parts, writeParcel);
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
  const opened = new OpenedParcel(parcel, bury, parts.length);
  return parts.map((part, place) => new PartDelivery(opened, part, place));
}

class OpenedParcel {
  private returnAfterMs: number | undefined;

  constructor(
    readonly delivery: Delivery,
    readonly bury: BuryPart,
    /** How many of its parts are not settled yet. */
    private open: number,
  ) {}

  /** At the latest of the times that its parts ask for. */
  returnAfter(delayMs: number): void {
    this.returnAfterMs = Math.max(this.returnAfterMs ?? 0, delayMs);
  }

  async partSettled(): Promise<void> {
    this.open -= 1;
    if (this.open > 0) return;
    if (this.returnAfterMs === undefined) await this.delivery.ack();
    else await this.delivery.nak(this.returnAfterMs);
  }
}

/** Of which there are as many as there are tasks: made without closures of its own. */
class PartDelivery implements Delivery {
  readonly run: string;
  readonly attempt: number;
  readonly data: Uint8Array;
  readonly headers: MessageHeaders;
  private isSettled = false;

  constructor(
    private readonly parcel: OpenedParcel,
    { data, headers }: Required<Part>,
    private readonly place: number,
  ) {
    this.run = parcel.delivery.run;
    this.attempt = parcel.delivery.attempt;
    this.data = data;
    this.headers = headers;
  }

  ack(): Promise<void> {
    return this.settle();
  }

  nak(delayMs = 0): Promise<void> {
    if (!this.isSettled) this.parcel.returnAfter(delayMs);
    return this.settle();
  }

  working(): Promise<void> {
    return this.parcel.delivery.working();
  }

  async terminate(reason: string): Promise<void> {
    const { parcel, data, headers, place } = this;
    await parcel.bury({ data, headers }, place, reason);
    await this.settle();
  }

  private async settle(): Promise<void> {
    if (this.isSettled) return;
    this.isSettled = true;
    await this.parcel.partSettled();
  }
}
