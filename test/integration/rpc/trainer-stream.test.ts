import { credentials } from '@grpc/grpc-js';
import type { ServiceError, handleClientStreamingCall } from '@grpc/grpc-js';
import { TrainerServiceClient, TrainerServiceService } from '../../../proto/gen/majlis/v1/trainer.js';
import type {
  ForwardBackwardRequest,
  ForwardBackwardResponse,
} from '../../../proto/gen/majlis/v1/trainer.js';
import {
  forwardBackwardFromParts,
  forwardBackwardResultFromMessage,
  forwardBackwardResultToMessage,
  forwardBackwardToParts,
} from '../../../core/rpc/convert-forward-backward.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import { fromGrpcStatus, toGrpcStatus } from '../../../core/rpc/status.js';
import type { ForwardBackwardResult } from '../../../core/trainer/trainer.js';

const FOUR_MEBIBYTES = 4 * 1024 * 1024;

/** Answers with what arrived: the sum of the weights, and of the token ids, so that a lost byte would show. */
const answer: handleClientStreamingCall<ForwardBackwardRequest, ForwardBackwardResponse> = (
  stream,
  callback,
) => {
  forwardBackwardFromParts(stream).then(
    ({ request: { loss } }) => {
      const sum = (values: Iterable<number>): number => [...values].reduce((total, one) => total + one, 0);
      const metrics = { ids: { sum: sum(loss.batch.tokenIds), count: loss.batch.tokenIds.length } };
      callback(null, forwardBackwardResultToMessage({ loss: sum(loss.batch.weights), metrics }));
    },
    (error: unknown) => callback(toGrpcStatus(error)),
  );
};

/** Sends the parts over a real connection and reads the reply. */
async function send(parts: Iterable<ForwardBackwardRequest>): Promise<ForwardBackwardResult> {
  const server = await startRpcServer({
    services: [{ definition: TrainerServiceService, implementation: { forwardBackward: answer } }],
    maxMessageBytes: FOUR_MEBIBYTES,
  });
  const client = new TrainerServiceClient(server.address, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      const stream = client.forwardBackward((error: ServiceError | null, response) => {
        if (error === null) resolve(forwardBackwardResultFromMessage(response));
        else reject(fromGrpcStatus(error));
      });
      for (const part of parts) stream.write(part);
      stream.end();
    });
  } finally {
    client.close();
    await server.close();
  }
}

function bigRequest(length: number): Generator<ForwardBackwardRequest> {
  const batch = {
    tokenIds: Int32Array.from({ length }, (_, place) => place % 1000),
    offsets: Int32Array.of(0, length),
    weights: new Float32Array(length).fill(0.5),
    temperature: 1,
  };
  const request = {
    modelId: 'm',
    step: 0,
    micro: 0,
    normalizer: 1,
    loss: { type: 'cross_entropy' as const, batch },
  };
  return forwardBackwardToParts({ run: 'r', epoch: 0, expectedVersion: 0 }, request);
}

describe('a ForwardBackward stream', () => {
  it('carries a batch of more than 4 MiB under a message limit of 4 MiB', async () => {
    const length = 1_000_000; // 8 MB in two tensors
    const { loss, metrics } = await send(bigRequest(length));
    expect(loss).toBe(500_000);
    expect(metrics).toEqual({ ids: { sum: 499_500_000, count: length } });
  });

  it('that ends early is refused with the tensor that is missing', async () => {
    const parts = [...bigRequest(1000)].slice(0, -1);
    await expect(send(parts)).rejects.toMatchObject({
      code: 'invalid_argument',
      input: { place: 'tensors.weights', found: '0 bytes', allowed: 'the declared 4000 bytes' },
    });
  });
});
