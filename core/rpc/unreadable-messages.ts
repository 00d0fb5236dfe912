/**
 * Bytes that are no message of their method, for every method of a server. Left to grpc-js (1.14.7) they are `internal`, and on
 * a stream they end the call under what is being written: the HTTP/2 stream fails, and the client never hears of its end. Here
 * they go through as a mark, which ends the call as `invalid_argument` before any handler sees it; nothing is written after that.
 */
import { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder } from '@grpc/grpc-js';
import type { ServerInterceptor, ServiceDefinition } from '@grpc/grpc-js';
import { BadInputError, MajlisError } from '../errors.js';
import { toGrpcStatus } from './status.js';

/** Stands where a message would. */
class Unreadable {
  constructor(
    readonly bytes: number,
    readonly why: string,
  ) {}
}

/** The service with requests that are read into a mark where they cannot be read. */
export function readTolerantly(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const { requestDeserialize } = method;
      const read = (bytes: Buffer): unknown => {
        try {
          return requestDeserialize(bytes);
        } catch (thrown) {
          return new Unreadable(bytes.length, MajlisError.from(thrown).message);
        }
      };
      return [name, { ...method, requestDeserialize: read }];
    }),
  );
}

/** Ends a call with such a mark; nearest to the handlers, so that all others see how it ends. */
export function refuseUnreadable(onRefused?: (method: string) => void): ServerInterceptor {
  return ({ path }, call) => {
    let isOver = false;
    const method = path.slice(1);
    const listener = new ServerListenerBuilder()
      .withOnReceiveMessage((message: unknown, pass) => {
        if (isOver) return;
        if (!(message instanceof Unreadable)) {
          pass(message);
          return;
        }
        isOver = true;
        onRefused?.(method);
        call.sendStatus(toGrpcStatus(refusal(method, message)));
      })
      .withOnReceiveHalfClose((pass) => {
        if (!isOver) pass();
      })
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendMetadata((metadata, next) => {
        if (!isOver) next(metadata);
      })
      .withSendMessage((message, next) => {
        if (!isOver) next(message);
      })
      .withSendStatus((status, next) => {
        if (!isOver) next(status);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

function refusal(method: string, { bytes, why }: Unreadable): BadInputError {
  return new BadInputError({
    source: `a request of ${method}`,
    found: `${bytes} bytes that do not decode (${why})`,
    allowed: 'an encoded message of its type',
  });
}
