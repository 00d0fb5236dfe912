import { MajlisError } from '../../core/errors.js';
import { explainConnection } from '../trust/explain-connection.js';
import { openClientTrust } from '../trust/client-trust-flags.js';
import type { RemotePlace } from '../trust/remote-flags.js';
import type { TrustContext } from '../trust/server-trust-flags.js';
import { GrpcRunControl } from './grpc-run-control.js';
import type { RunControlClient } from './run-control-client.js';

/** Run control of a coordinator on another machine. Nobody there, or nobody who believes this process, is an error that says why. */
export async function connectRemote(place: RemotePlace, context: TrustContext): Promise<RunControlClient> {
  const { coordinator: address, tlsCa: ca, tlsCert: certificate } = place;
  const trust = await openClientTrust(place, context);
  const client = new GrpcRunControl({ address, ...trust }, context.clock);
  try {
    await client.greet();
    return client;
  } catch (thrown) {
    await client.close();
    const failure = MajlisError.from(thrown);
    throw await explainConnection(failure, { address, tls: trust.tls, files: { ca, certificate } });
  }
}

/** The same for who waits until it is there again: undefined while it is not. */
export async function reconnectRemote(
  place: RemotePlace,
  context: TrustContext,
): Promise<RunControlClient | undefined> {
  try {
    return await connectRemote(place, context);
  } catch (thrown) {
    if (thrown instanceof MajlisError && thrown.isRetryable) return undefined;
    throw thrown;
  }
}
