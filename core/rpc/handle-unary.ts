import type { handleUnaryCall, Metadata } from '@grpc/grpc-js';
import { toGrpcStatus } from './status.js';

/**
 * A grpc-js handler from an async function. What the function throws becomes the call's status; its signal fires when
 * the caller gives up. What the caller sent beside the request is the third argument.
 */
export function handleUnary<Request, Response>(
  handler: (request: Request, signal: AbortSignal, metadata: Metadata) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const controller = new AbortController();
    call.on('cancelled', () => controller.abort());
    handler(call.request, controller.signal, call.metadata).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toGrpcStatus(error)),
    );
  };
}
