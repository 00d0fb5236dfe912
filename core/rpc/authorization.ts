import { ServerInterceptingCall, ServerListenerBuilder } from '@grpc/grpc-js';
import type { ServerInterceptor } from '@grpc/grpc-js';
import type { Authorize } from '../trust/authorize.js';
import { certificateSubjects } from '../trust/certificate-subjects.js';
import { AUTHORIZATION_KEY } from './bearer-token.js';
import { toGrpcStatus } from './status.js';

const OPEN_SERVICES = ['/grpc.health.v1.', '/grpc.reflection.'];

/**
 * Refuses every call that is not authorized, before its handler sees it. Health and reflection stay open: they tell nothing
 * of a run.
 */
export function requireAuthorization(authorize: Authorize): ServerInterceptor {
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, pass) => {
          try {
            if (!isOpen(path)) {
              const [header] = metadata.get(AUTHORIZATION_KEY);
              const subjects = certificateSubjects(call.getAuthContext().sslPeerCertificate);
              authorize(header === undefined ? undefined : String(header), path, subjects);
            }
          } catch (thrown) {
            call.sendStatus(toGrpcStatus(thrown));
            return;
          }
          pass(metadata);
        });
        next(listener.build());
      },
    });
}

function isOpen(path: string): boolean {
  return OPEN_SERVICES.some((prefix) => path.startsWith(prefix));
}
