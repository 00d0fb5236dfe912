/**
 * What is too large to travel in a message travels as an artifact: the message carries only its content key, and its
 * reader gets the bytes from the store, which verifies them against the key.
 */
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import { MajlisError } from '../errors.js';
import type { MessageHeaders, OutgoingMessage } from './bus.js';

/** Bytes from which on a message is checked in. Brokers are made for small messages; a result is a few KiB. */
export const CLAIM_CHECK_BYTES = 256 * 1024;

const CLAIM_HEADER = 'Majlis-Claim';

/** The store that holds what was checked in; without one, whatever fits the broker's limit travels whole. */
export class ClaimCheck {
  /** @param largest bytes that the broker takes in one message */
  constructor(
    private readonly artifacts: ArtifactStore | undefined,
    private readonly largest: number,
  ) {}

  /** True where the message travels as it is. */
  isSmall({ data }: OutgoingMessage): boolean {
    const limit = this.artifacts === undefined ? this.largest : Math.min(CLAIM_CHECK_BYTES, this.largest);
    return data.length <= limit;
  }

  /** The message with its bytes in the store. */
  async checkedIn(message: OutgoingMessage): Promise<OutgoingMessage> {
    const { data, headers } = message;
    if (this.artifacts === undefined) {
      throw new MajlisError(
        `a message of ${data.length} bytes is larger than the ${this.largest} that the server takes: ` +
          'give the bus an artifact store, or raise max_payload',
        { code: 'invalid_argument' },
      );
    }
    const key = await this.artifacts.put(data);
    return { ...message, data: new Uint8Array(), headers: { ...headers, [CLAIM_HEADER]: key } };
  }

  /**
   * The bytes that were sent, and the headers without the claim. `data_loss` where they are gone or are not those that
   * were checked in: no later try can help.
   */
  async redeemed(
    data: Uint8Array,
    headers: MessageHeaders,
  ): Promise<{ readonly data: Uint8Array; readonly headers: MessageHeaders }> {
    const { [CLAIM_HEADER]: key, ...others } = headers;
    if (key === undefined) return { data, headers };
    if (this.artifacts === undefined) {
      throw new MajlisError(
        `the message is artifact ${key}, and the bus has no artifact store to read it from`,
        {
          code: 'failed_precondition',
        },
      );
    }
    try {
      return { data: await this.artifacts.get(key), headers: others };
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (error.isRetryable) throw error;
      throw new MajlisError(`the message is artifact ${key}, which cannot be read: ${error.message}`, {
        code: 'data_loss',
        cause: thrown,
      });
    }
  }
}
