import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import { CoordinatorServiceClient } from '../../../proto/gen/majlis/v1/coordinator.js';
import type * as wire from '../../../proto/gen/majlis/v1/coordinator.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import { bearerMetadata } from '../../../core/rpc/bearer-token.js';
import { directiveFromMessage, welcomeFromMessage } from '../../../core/rpc/convert-directive.js';
import { heartbeatToMessage, workerHelloToMessage } from '../../../core/rpc/convert-worker.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { channelTrust } from '../../../core/rpc/tls-credentials.js';
import type { CertificateFiles } from '../../../core/trust/certificate-files.js';
import type { OpenSession, SessionMessage } from '../session/session-stream.js';

/** Where the coordinator is, and what it is shown. */
export interface CoordinatorPlace {
  /** host:port. */
  readonly address: string;
  readonly token?: string;
  /** Whom to believe, and what to show; plaintext without it. */
  readonly tls?: CertificateFiles;
}

type AttachStream = ClientDuplexStream<wire.AttachWorkerRequest, wire.AttachWorkerResponse>;

/** A silent connection is asked this often whether it is there: a host that vanished says nothing. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 5000;

/**
 * Opens sessions over gRPC. The place is asked for each time, since a coordinator that starts again may be elsewhere. Each
 * session has a connection of its own, which ends with it.
 */
export function attachToCoordinator(place: () => Promise<CoordinatorPlace>, software: string): OpenSession {
  return async (hello) => {
    const { address, token, tls } = await place();
    const trust = channelTrust(address, tls);
    const client = new CoordinatorServiceClient(address, trust.credentials, {
      ...trust.options,
      'grpc.enable_http_proxy': 0,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.use_local_subchannel_pool': 1,
    });
    const stream = client.attachWorker(token === undefined ? new Metadata() : bearerMetadata(token));
    // Told by `messages` while somebody listens; what comes later is the cancellation itself.
    stream.on('error', () => undefined);
    stream.write({ message: { $case: 'hello', value: workerHelloToMessage(hello, software) } });
    return {
      messages: messagesOf(stream, () => client.close()),
      send: (beat) => {
        if (!stream.writable) return;
        stream.write({ message: { $case: 'heartbeat', value: heartbeatToMessage(beat) } });
      },
      end: () => stream.end(),
      cancel: () => stream.cancel(),
    };
  };
}

async function* messagesOf(stream: AttachStream, close: () => void): AsyncGenerator<SessionMessage> {
  try {
    for await (const { message } of stream as AsyncIterable<wire.AttachWorkerResponse>) yield read(message);
  } catch (thrown) {
    throw isServiceError(thrown) ? fromGrpcStatus(thrown) : MajlisError.from(thrown);
  } finally {
    stream.cancel();
    close();
  }
}

function read(message: wire.AttachWorkerResponse['message']): SessionMessage {
  switch (message?.$case) {
    case 'welcome':
      return { kind: 'welcome', welcome: welcomeFromMessage(message.value) };
    case 'directive':
      return { kind: 'directive', ...directiveFromMessage(message.value) };
    case undefined: {
      const source = 'message majlis.v1.AttachWorkerResponse';
      throw new BadInputError({ source, found: 'nothing', allowed: 'a welcome or a directive' });
    }
  }
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  return thrown instanceof Error && 'code' in thrown && 'details' in thrown && 'metadata' in thrown;
}
