import type { handleBidiStreamingCall, handleClientStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import { TrainerServiceService } from '../../../proto/gen/majlis/v1/trainer.js';
import type * as wire from '../../../proto/gen/majlis/v1/trainer.js';
import { MajlisError } from '../../../core/errors.js';
import { forwardBackwardFromParts } from '../../../core/rpc/convert-forward-backward.js';
import { capabilitiesToMessage } from '../../../core/rpc/convert-trainer-call.js';
import { handleUnary } from '../../../core/rpc/handle-unary.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import type { RpcServer } from '../../../core/rpc/server.js';
import { toGrpcStatus } from '../../../core/rpc/status.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { until } from '../../support/until.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';

const CALL = { run: 'run', epoch: 1 };
const SECOND = 1000;

/** What a trainer of this test was asked, and how often it says that it is not there. */
class ScriptedTrainer {
  absences = 0;
  readonly asked: string[] = [];
  /** Milliseconds that each call was given, when it arrived. */
  readonly given: number[] = [];

  readonly capabilities: handleUnaryCall<wire.GetCapabilitiesRequest, wire.GetCapabilitiesResponse> =
    handleUnary(() =>
      Promise.resolve(
        capabilitiesToMessage({
          engine: 'scripted',
          fingerprint: 'none',
          incarnationId: 'first',
          deterministic: true,
          roles: [],
          losses: [],
          reductions: [],
          adamFields: [],
          contextLength: 10,
          adapters: [],
          device: 'cpu',
          dtype: 'float32',
          ranks: 1,
        }),
      ),
    );

  readonly createModel: handleUnaryCall<wire.CreateModelRequest, wire.CreateModelResponse> = handleUnary(() =>
    Promise.resolve().then(() => this.answer('createModel', { modelId: 'policy-1' })),
  );

  readonly forwardBackward: handleClientStreamingCall<
    wire.ForwardBackwardRequest,
    wire.ForwardBackwardResponse
  > = (stream, callback) => {
    const deadline = stream.getDeadline();
    this.given.push(Number(deadline) - systemClock.now());
    forwardBackwardFromParts(stream).then(
      ({ request: { loss } }) => {
        try {
          callback(null, this.answer(`tokens ${loss.batch.tokenIds.join()}`, { loss: 1, metrics: {} }));
        } catch (failure) {
          callback(toGrpcStatus(failure));
        }
      },
      (failure: unknown) => callback(toGrpcStatus(failure)),
    );
  };

  /** Never answers. */
  readonly deleteModel: handleUnaryCall<wire.DeleteModelRequest, wire.DeleteModelResponse> = (call) => {
    call.on('cancelled', () => this.asked.push('cancelled'));
    this.arrived();
  };

  /** Never answers; what becomes of the call is told. */
  readonly forward: handleBidiStreamingCall<wire.ForwardRequest, wire.ForwardResponse> = (stream) => {
    stream.on('cancelled', () => this.asked.push('cancelled'));
    stream.on('data', () => undefined);
    this.arrived();
  };
  arrived = (): void => undefined;

  private answer<Answer>(question: string, answer: Answer): Answer {
    this.asked.push(question);
    if (this.asked.length <= this.absences) throw new MajlisError('not now', { code: 'unavailable' });
    return answer;
  }
}

describe('GrpcTrainer', () => {
  let scripted: ScriptedTrainer;
  let server: RpcServer;
  let trainer: GrpcTrainer;
  let waits: number[];

  beforeEach(async () => {
    scripted = new ScriptedTrainer();
    waits = [];
    server = await startRpcServer({
      services: [
        {
          definition: TrainerServiceService,
          implementation: {
            getCapabilities: scripted.capabilities,
            createModel: scripted.createModel,
            deleteModel: scripted.deleteModel,
            forwardBackward: scripted.forwardBackward,
            forward: scripted.forward,
          },
        },
      ],
    });
    const sleep = (milliseconds: number): Promise<void> => {
      waits.push(milliseconds);
      return Promise.resolve();
    };
    trainer = await GrpcTrainer.connect({
      address: server.address,
      clock: { ...systemClock, sleep },
      deadlines: { baseMs: 10 * SECOND, msPerToken: SECOND },
    });
  });
  afterEach(async () => {
    await trainer.close();
    await server.close();
  });

  const backward = (tokens: number, by = trainer): Promise<unknown> =>
    by.forwardBackward(CALL, {
      modelId: 'policy-1',
      step: 0,
      micro: 0,
      normalizer: 1,
      loss: {
        type: 'cross_entropy',
        batch: {
          tokenIds: new Int32Array(tokens).fill(7),
          offsets: Int32Array.of(0, tokens),
          weights: new Float32Array(tokens),
          temperature: 1,
        },
      },
    });

  it('sends a call again, whole, while the trainer is unavailable, waiting longer each time', async () => {
    scripted.absences = 2;
    await expect(backward(3)).resolves.toEqual({ loss: 1, metrics: {} });
    expect(scripted.asked).toEqual(Array(3).fill('tokens 7,7,7'));
    expect(waits).toEqual([100, 300]);
  });

  it('gives a forward call up where nobody waits for it any more, and does not send it again', async () => {
    const leaving = new AbortController();
    scripted.arrived = () => leaving.abort(new Error('nobody waits'));
    const batch = { tokenIds: Int32Array.of(1), offsets: Int32Array.of(0, 1), weights: new Float32Array(1) };
    const request = { modelId: 'm', batch: { ...batch, temperature: 1 }, want: ['scores'] as const };
    await expect(trainer.forward(CALL, request, leaving.signal)).rejects.toThrow('nobody waits');
    await until('the trainer is told', () => scripted.asked.length > 0);
    expect(scripted.asked).toEqual(['cancelled']);
    await expect(trainer.forward(CALL, request, leaving.signal)).rejects.toThrow('nobody waits');
    expect(waits).toEqual([]);
  });

  it('gives up what it still asks when it is closed', async () => {
    const arrived = new Promise<void>((resolve) => (scripted.arrived = resolve));
    const deleting = trainer.deleteModel(CALL, 'policy-1');
    deleting.catch(() => undefined);
    await arrived;
    await trainer.close();
    await expect(deleting).rejects.toMatchObject({ code: 'cancelled' });
    await until('the trainer is told', () => scripted.asked.includes('cancelled'));
  });

  it('waits between tries as it is told to', async () => {
    const clock = {
      ...systemClock,
      sleep: async (milliseconds: number): Promise<void> => void waits.push(milliseconds),
    };
    const quick = await GrpcTrainer.connect({ address: server.address, clock, retryMs: [7] });
    scripted.absences = 100;
    await expect(backward(3, quick)).rejects.toMatchObject({ code: 'unavailable' });
    expect([scripted.asked.length, waits]).toEqual([2, [7]]);
    await quick.close();
  });

  it('gives up after five times', async () => {
    scripted.absences = 100;
    await expect(backward(3)).rejects.toMatchObject({ code: 'unavailable' });
    expect(scripted.asked).toHaveLength(5);
  });

  it('waits for a trainer that went away until nobody wants it to', async () => {
    const stopping = new AbortController();
    const absences: boolean[] = [];
    const patient = await GrpcTrainer.connect({
      address: server.address,
      clock: { ...systemClock, sleep: async (_, signal) => signal && systemClock.sleep(60_000, signal) },
      patienceMs: 600_000,
      signal: stopping.signal,
      onAbsence: ({ isBack }) => {
        absences.push(isBack);
        stopping.abort();
      },
    });
    scripted.absences = 100;
    await expect(backward(3, patient)).rejects.toMatchObject({ name: 'AbortError' });
    expect(absences).toEqual([false]);
    await patient.close();
  });

  it('makes a model once, since a second one would be another', async () => {
    scripted.absences = 1;
    const spec = { role: 'policy', base: '/model', heads: 0, seed: 1 } as const;
    await expect(trainer.createModel(CALL, spec)).rejects.toMatchObject({ code: 'unavailable' });
    expect(scripted.asked).toEqual(['createModel']);
  });

  it('gives a call time by all tokens that are under way', async () => {
    await backward(5);
    await Promise.all([backward(20), backward(300)]);
    const seconds = scripted.given.map((milliseconds) => Math.round(milliseconds / SECOND / 5) * 5);
    expect(seconds).toEqual([15, 30, 330]);
  });

  it('says where nobody listens', async () => {
    const { address } = server;
    await server.close();
    const connecting = GrpcTrainer.connect({ address, deadlines: { connectMs: 300 } });
    await expect(connecting).rejects.toMatchObject({
      code: 'unavailable',
      message: `No trainer listens on ${address}. Next: start one there, or name the host:port of one that listens.`,
    });
  });

  it('leaves a trainer that never listened once it is told to', async () => {
    const { address } = server;
    await server.close();
    const leaving = new AbortController();
    const connecting = GrpcTrainer.connect({ address, signal: leaving.signal });
    leaving.abort(new MajlisError('the person left', { code: 'cancelled' }));
    await expect(connecting).rejects.toMatchObject({ code: 'cancelled', message: 'the person left' });
    const late = GrpcTrainer.connect({ address, signal: leaving.signal });
    await expect(late).rejects.toMatchObject({ code: 'cancelled' });
  });
});
