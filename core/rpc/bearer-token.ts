import { createHash, timingSafeEqual } from 'node:crypto';
import { Metadata, ServerInterceptingCall, ServerListenerBuilder } from '@grpc/grpc-js';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { MajlisError } from '../errors.js';
import { toGrpcStatus } from './status.js';

const KEY = 'authorization';
const OPEN_SERVICES = ['/grpc.health.v1.', '/grpc.reflection.'];

/** The metadata by which a client shows its token. */
export function bearerMetadata(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set(KEY, `Bearer ${token}`);
  return metadata;
}

/**
 * Refuses every call without the token as `unauthenticated`, before its handler sees it. Health and reflection stay open:
 * they tell nothing of a run. The comparison takes the same time whatever is shown.
 */
export function requireBearerToken(token: string): ServerInterceptor {
  const expected = digest(`Bearer ${token}`);
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, pass) => {
          const [shown] = metadata.get(KEY);
          const isOpen = OPEN_SERVICES.some((prefix) => path.startsWith(prefix));
          if (isOpen || timingSafeEqual(digest(String(shown)), expected)) pass(metadata);
          else call.sendStatus(toGrpcStatus(wrongToken()));
        });
        next(listener.build());
      },
    });
}

function wrongToken(): MajlisError {
  return new MajlisError('the call shows no token, or not the one of this process', {
    code: 'unauthenticated',
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
