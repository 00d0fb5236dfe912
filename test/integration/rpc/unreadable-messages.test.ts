/** Bytes that are no message, sent by a real client to every kind of method that there is, while others are being answered. */
import { once } from 'node:events';
import { Client, credentials } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { LedgerRunControl } from '../../../coordinator/control/ledger-run-control.js';
import { WorkerRegistry } from '../../../coordinator/fleet/worker-registry.js';
import { coordinatorService } from '../../../coordinator/rpc/coordinator-service.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import { MemoryLedger } from '../../../core/ledger/memory-ledger.js';
import { workerHelloToMessage } from '../../../core/rpc/convert-worker.js';
import { SUPPORTED_PROTOCOL } from '../../../core/rpc/negotiate-protocol.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import type { RpcServer } from '../../../core/rpc/server.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { trainerService } from '../../../core/rpc/trainer-service.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { CoordinatorServiceService } from '../../../proto/gen/majlis/v1/coordinator.js';
import { JudgeServiceService } from '../../../proto/gen/majlis/v1/judge.js';
import type * as judge from '../../../proto/gen/majlis/v1/judge.js';
import { TrainerServiceService } from '../../../proto/gen/majlis/v1/trainer.js';
import { serveJudgeStream } from '../../../reward/rpc/judge-stream.js';
import { FakeTrainer } from '../../support/fake-trainer.js';

/** A field of wire type 6, which there is not. */
const UNREADABLE = Buffer.from([0x0e, 1]);
const UNANSWERABLE = new MajlisError('nobody judges here', { code: 'not_found' });
const asItIs = (bytes: Buffer): Buffer => bytes;

/** What a raw client has to know of a method. */
interface Method {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

let server: RpcServer;
let client: Client;
let registry: WorkerRegistry;
const refused: string[] = [];

beforeAll(async () => {
  registry = new WorkerRegistry({ ...{ pool: 'default', epoch: 1, clock: systemClock } });
  const control = new LedgerRunControl({
    ledger: new MemoryLedger(systemClock),
    clock: systemClock,
    isAtWork: () => false,
    describeRubric: async () => Promise.reject(UNANSWERABLE),
    placeRubric: async () => Promise.reject(UNANSWERABLE),
  });
  const common = { software: 'test', stopping: new AbortController().signal };
  server = await startRpcServer({
    services: [
      coordinatorService({ control, registry, ...common }),
      trainerService(new FakeTrainer({ vocabSize: 4, published: new Map() })),
      {
        definition: JudgeServiceService,
        implementation: {
          judgeStream: (call: Parameters<typeof serveJudgeStream>[0]) =>
            void serveJudgeStream(call, { ...common, answer: () => Promise.reject(UNANSWERABLE) }),
        },
      },
    ],
    onUnreadable: (method) => refused.push(method),
    graceMs: 0,
  });
  client = new Client(server.address, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await server.close();
  registry.close();
});

beforeEach(() => {
  refused.length = 0;
});

const stream = (path: string) => client.makeBidiStreamRequest(path, asItIs, asItIs);

/** How a call ends whose messages are these bytes. */
async function endOf(
  { path, requestStream, responseStream }: Method,
  messages: readonly Buffer[],
): Promise<MajlisError> {
  if (requestStream && responseStream) {
    const call = stream(path);
    call.resume();
    for (const bytes of messages) call.write(bytes);
    const [error] = (await once(call, 'error')) as [ServiceError];
    return fromGrpcStatus(error);
  }
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null): void => {
      if (error === null) reject(new Error('it was answered'));
      else resolve(fromGrpcStatus(error));
    };
    if (requestStream) {
      const call = client.makeClientStreamRequest(path, asItIs, asItIs, done);
      for (const bytes of messages) call.write(bytes);
    } else if (responseStream) {
      const call = client.makeServerStreamRequest(path, asItIs, asItIs, messages[0]);
      call.on('error', done);
      call.resume();
    } else client.makeUnaryRequest(path, asItIs, asItIs, messages[0], done);
  });
}

function questions(count: number): readonly Buffer[] {
  const encode = JudgeServiceService.judgeStream.requestSerialize;
  const hello = { protocol: SUPPORTED_PROTOCOL, software: 'test' };
  const ask = (number: number): judge.JudgeStreamRequest => ({
    message: { $case: 'judge', value: { number, request: undefined } },
  });
  return [
    encode({ message: { $case: 'hello', value: hello } }),
    ...Array.from({ length: count }, (_, number) => encode(ask(number))),
  ];
}

function workerHello(): Buffer {
  const hello = workerHelloToMessage(
    { worker: 'w', pool: 'default', slots: 1, engineFingerprint: 'fake/1', deterministic: true },
    'test',
  );
  return CoordinatorServiceService.attachWorker.requestSerialize({
    message: { $case: 'hello', value: hello },
  });
}

describe('bytes that are no message', () => {
  it.each<[string, Method, () => readonly Buffer[]]>([
    ['a call', CoordinatorServiceService.listRuns, () => []],
    ['a watch', CoordinatorServiceService.watchRun, () => []],
    ["a worker's session before its hello", CoordinatorServiceService.attachWorker, () => []],
    ["a worker's session", CoordinatorServiceService.attachWorker, () => [workerHello()]],
    ['the parts of a forward pass', TrainerServiceService.forward, () => []],
    ['the parts of a gradient', TrainerServiceService.forwardBackward, () => []],
    ['a stream of questions that are being answered', JudgeServiceService.judgeStream, () => questions(200)],
  ])('end %s as invalid_argument, counted by method', async (_, method, before) => {
    const end = await endOf(method, [...before(), UNREADABLE]);
    expect(end).toBeInstanceOf(BadInputError);
    expect(end).toMatchObject({
      code: 'invalid_argument',
      input: { source: `a request of ${method.path.slice(1)}`, found: expect.stringMatching(/^2 bytes/) },
    });
    expect(refused).toEqual([method.path.slice(1)]);
  });

  it('leave the other streams of the connection alone', async () => {
    const { path, responseDeserialize } = JudgeServiceService.judgeStream;
    const other = stream(path);
    const answers: number[] = [];
    other.on('data', (bytes: Buffer) => {
      const { message } = responseDeserialize(bytes);
      if (message?.$case === 'result') answers.push(message.value.number ?? -1);
    });
    const [hello, ...asked] = questions(3);
    for (const bytes of [hello, asked[0]]) other.write(bytes);
    await endOf(JudgeServiceService.judgeStream, [...questions(50), UNREADABLE, ...questions(50)]);
    for (const bytes of asked.slice(1)) other.write(bytes);
    other.end();
    await once(other, 'end');
    expect(answers).toEqual([0, 1, 2]);
  });

  it('end a session of a worker, who is still known and may come back', async () => {
    await endOf(CoordinatorServiceService.attachWorker, [workerHello(), UNREADABLE]);
    expect(registry.status().workers.map(({ worker }) => worker)).toEqual(['w']);
    const again = stream(CoordinatorServiceService.attachWorker.path);
    again.write(workerHello());
    const [welcome] = (await once(again, 'data')) as [Buffer];
    const { message } = CoordinatorServiceService.attachWorker.responseDeserialize(welcome);
    expect(message?.$case).toBe('welcome');
    again.cancel();
    await once(again, 'error');
  });
});
