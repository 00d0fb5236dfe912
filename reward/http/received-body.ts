import { isUtf8 } from 'node:buffer';
import { BadInputError } from '../../core/errors.js';
import { decodeUtf8 } from '../../core/runtime/decode-utf8.js';

/** The body of a request. */
export interface ReceivedBody {
  /** What was asked, as errors name it: `POST /get_reward`. */
  readonly source: string;
  readonly text: string;
  /** Parsed, and not checked yet. */
  readonly value: unknown;
}

/** Reads JSON in UTF-8; anything else is a BadInputError, which quotes nothing of it. */
export function receiveBody(bytes: unknown, source: string): ReceivedBody {
  const allowed = 'a JSON body in UTF-8';
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) {
    throw new BadInputError({ source, found: 'no body', allowed });
  }
  if (!isUtf8(bytes)) throw new BadInputError({ source, found: 'bytes that are no UTF-8', allowed });
  const text = decodeUtf8(bytes);
  try {
    return { source, text, value: JSON.parse(text) };
  } catch {
    // What the parser says quotes the body.
    throw new BadInputError({ source, found: `${bytes.length} bytes that are no JSON`, allowed });
  }
}

/**
 * What reading or telling a body gives. The parser takes any number of levels, but what walks through a value of a hundred thousand
 * runs out of stack: that is a BadInputError, and no fault of the server.
 */
export function withinNesting<T>(source: string, walk: () => T): T {
  try {
    return walk();
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new BadInputError(
      { source, found: 'lists or objects in too many levels', allowed: 'JSON as documented' },
      thrown,
    );
  }
}
