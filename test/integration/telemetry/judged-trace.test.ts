/**
 * One trace from a task to its reward over four services, each with its own tracer and a real receiver of OTLP: the loop's
 * scorer asks a judge through the gateway, and then the reward server, over gRPC.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { startGatewayServer, type GatewayServer } from '../../../cli/judges/gateway-server.js';
import { HttpArtifacts } from '../../../core/artifacts/http/http-artifacts.js';
import { serveArtifacts } from '../../../core/artifacts/http/serve-artifacts.js';
import { MemoryArtifacts } from '../../../core/artifacts/memory-artifacts.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { openMemoryJudgements } from '../../../core/judgements/memory-judgements.js';
import { bearerMetadata } from '../../../core/rpc/bearer-token.js';
import { SUPPORTED_PROTOCOL } from '../../../core/rpc/negotiate-protocol.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { openOtlpTracing, type Tracing } from '../../../core/telemetry/tracing/otlp-tracing.js';
import { taskTraceIds } from '../../../core/telemetry/tracing/task-trace.js';
import type { Tracer } from '../../../core/telemetry/tracing/tracer.js';
import { JudgeServiceClient } from '../../../proto/gen/majlis/v1/judge.js';
import type * as wire from '../../../proto/gen/majlis/v1/judge.js';
import { createGateway } from '../../../reward/gateway/create-gateway.js';
import { gatewayConfigSchema } from '../../../reward/gateway/gateway-config.js';
import { startRewardHttp } from '../../../reward/http/start-reward-http.js';
import type { JudgeRequest } from '../../../reward/judge/judge.js';
import { judgeRequestToMessage } from '../../../reward/rpc/convert-judge.js';
import { connectGatewayJudge, type GatewayJudge } from '../../../reward/rpc/gateway-judge.js';
import { RewardClient } from '../../../reward/rpc/reward-client.js';
import { rewardRpc } from '../../../reward/rpc/reward-rpc.js';
import { tracedRewards } from '../../../reward/serving/traced-rewards.js';
import { LoopRig } from '../../support/loop-rig.js';
import { RecordingRewardService } from '../../support/recording-reward-service.js';
import { shippedRubric } from '../../support/reward-fixtures.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { startTraceReceiver, type ReceivedSpan, type TraceReceiver } from '../../support/trace-receiver.js';
import { ChatEndpoint } from '../reward-gateway/chat-endpoint.js';
import { aPair } from '../reward-gateway/gateway-process.js';

const folder = useLastingFolder();
const TOKEN = 'a token of the gateway';
const JUDGE = 'majlis.v1.JudgeService/Judge';
const STREAM = 'majlis.v1.JudgeService/JudgeStream';
const SCORE = 'majlis.v1.RewardService/ScoreStream';
const software = 'test';
const stopping = new AbortController().signal;

let receiver: TraceReceiver;
let endpoint: ChatEndpoint;
let rubric: Rubric;
let endpointPort: number;
let taskIds: readonly string[];

function open(service: string): Tracing {
  const onFailure = (error: Error): never => {
    throw error;
  };
  return openOtlpTracing({ url: receiver.url, service, version: '1', onFailure });
}

async function startGateway(tracer: Tracer): Promise<GatewayServer> {
  const price = { promptPerMillion: 1, completionPerMillion: 1 };
  const config = gatewayConfigSchema.parse({
    ...{
      listen: { port: 0 },
      budget: { currency: 'USD' },
      endpoints: { here: { url: endpoint.url, concurrency: 1 } },
    },
    judges: [{ id: 'judge', model: 'judge-7b', maxReplyTokens: 40, routes: [{ endpoint: 'here', price }] }],
  });
  const store = await openMemoryJudgements(systemClock);
  const common = { config, configPath: join(folder(), 'gateway.yaml'), clock: systemClock };
  const served = await createGateway({ ...common, store, tracer });
  return startGatewayServer({ ...common, gateway: served, token: TOKEN, telemetry: { tracer } });
}

beforeAll(async () => {
  rubric = await shippedRubric('ar-msa');
  receiver = await startTraceReceiver();
  endpoint = await ChatEndpoint.start();
  endpointPort = Number(new URL(endpoint.url).port);
  const names = ['coordinator', 'worker', 'gateway', 'reward'];
  const tracings = names.map((name) => open(`majlis-${name}`));
  const [coordinator, worker, judging, rewarding] = tracings.map(({ tracer }) => tracer);
  const gateway = await startGateway(judging);
  const service = tracedRewards(new RecordingRewardService(), rewarding);
  const rewards = await startRpcServer({
    services: [rewardRpc({ service, software, stopping, tracer: rewarding })],
    ...{ tracer: rewarding, graceMs: 0 },
  });
  const http = await startRewardHttp({ service, log: new RecordingLogger(), tracer: rewarding });
  const asking = { clock: systemClock, tracer: coordinator };
  const judge = await connectGatewayJudge({
    ...{ ...asking, address: gateway.address, token: TOKEN },
    ...{ judgeId: 'judge', run: 'run' },
  });
  const client = new RewardClient({ ...asking, address: rewards.address, software });
  taskIds = await playJudged({ coordinator, worker }, judge, client);
  await streamQuestions(gateway.address);
  await askOverHttp(http.url);
  await fetchArtifact(coordinator, worker);
  judge.close();
  client.close();
  await gateway.stop();
  await rewards.close();
  await http.close();
  await endpoint.close();
  for (const tracing of tracings) await tracing.close();
});

afterAll(() => receiver.close());

const question = (number: number): JudgeRequest => ({
  ...{ pair: aPair(number), rubric, order: 'first_shown_first' },
});

/** Plays a run whose scorer has every group judged, and then rewarded; ids of the tasks that it consumed. */
async function playJudged(
  tracers: { readonly coordinator: Tracer; readonly worker: Tracer },
  judge: GatewayJudge,
  client: RewardClient,
): Promise<readonly string[]> {
  const schedule = { kind: 'async', maxStaleness: 1 } as const;
  const rig = new LoopRig({ algorithm: { iterations: 1 }, schedule, tracers });
  let asked = 0;
  jest.spyOn(rig.scorer, 'score').mockImplementation(async ({ items }) => {
    // The endpoint takes one call at a time: of two groups that came together one waits for the other's.
    await judge.judge(question((asked += 1)));
    const answers = items.map(({ answers: all }) => ({
      prompt: 'p',
      answers: all.map(({ text }) => ({ text })),
    }));
    return (await client.ask({ reward: { alias: 'active' }, items: answers })).outcomes;
  });
  await rig.play();
  return (await rig.ledger.tasks(rig.run)).flatMap(({ id, state }) => (state === 'consumed' ? [id] : []));
}

const traceparent = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;

/** Two questions of different traces and one of none, the first of them refused by the endpoint, on one stream. */
async function streamQuestions(address: string): Promise<void> {
  const client = new JudgeServiceClient(address, credentials.createInsecure());
  const stream = client.judgeStream(bearerMetadata(TOKEN));
  const ask = (number: number, caused: Partial<wire.NumberedJudgeRequest>): void => {
    const asked = { judgeId: 'judge', run: 'run', request: question(number) };
    const request = judgeRequestToMessage(asked, JSON.stringify(rubric));
    stream.write({ message: { $case: 'judge', value: { number, request, ...caused } } });
  };
  const refused = endpoint.seen.length;
  endpoint.react = (_prompt, number) => (number === refused ? { status: 400 } : 'answer');
  stream.resume();
  stream.write({ message: { $case: 'hello', value: { protocol: SUPPORTED_PROTOCOL, software } } });
  ask(101, { traceparent: traceparent('a') });
  ask(102, { traceparent: traceparent('b') });
  ask(103, {});
  stream.end();
  await once(stream, 'end');
  client.close();
}

async function askOverHttp(url: string): Promise<void> {
  const body = JSON.stringify({ query: ['سؤال جواب'], prompts: ['سؤال'] });
  const headers = { 'content-type': 'application/json', traceparent: traceparent('c') };
  const response = await fetch(`${url}/get_reward`, { method: 'POST', body, headers });
  expect(response.status).toBe(200);
}

/** A worker has something stored by the coordinator, and gets it back. */
async function fetchArtifact(coordinator: Tracer, worker: Tracer): Promise<void> {
  const server = await serveArtifacts({ store: new MemoryArtifacts(), tracer: coordinator });
  const artifacts = new HttpArtifacts({ url: server.url, clock: systemClock, tracer: worker });
  const parent = { traceparent: traceparent('d') };
  await worker.span('load policy', { parent }, async () =>
    artifacts.get(await artifacts.put(Buffer.from('weights'))),
  );
  artifacts.close();
  await server.close();
}

const labelOf = ({ service, name }: ReceivedSpan): string => `${service.replace('majlis-', '')}: ${name}`;

/** Who caused which in one trace: child to parent, each as `service: name`. */
function parents(traceId: string): Record<string, string | undefined> {
  const spans = receiver.spans.filter((span) => span.traceId === traceId);
  const labels = new Map(spans.map((span) => [span.spanId, labelOf(span)]));
  return Object.fromEntries(spans.map((span) => [labelOf(span), labels.get(span.parentSpanId ?? '')]));
}

function spanOf(traceId: string, label: string): ReceivedSpan | undefined {
  return receiver.spans.find((span) => span.traceId === traceId && labelOf(span) === label);
}

describe('the trace of a task that is judged', () => {
  it('goes from the rollout to the judge and the reward, over every process that has a hand in it', () => {
    expect(taskIds).toHaveLength(4);
    for (const id of taskIds) {
      expect(parents(taskTraceIds(id).traceId)).toMatchObject({
        'worker: process rollout task': 'coordinator: issue task',
        'coordinator: score answers': 'coordinator: issue task',
        [`coordinator: ${JUDGE}`]: 'coordinator: score answers',
        [`gateway: ${JUDGE}`]: `coordinator: ${JUDGE}`,
        'gateway: judge': `gateway: ${JUDGE}`,
        'gateway: chat judge-7b': 'gateway: judge',
        [`coordinator: ${SCORE}`]: 'coordinator: score answers',
        [`reward: ${SCORE}`]: `coordinator: ${SCORE}`,
        'reward: score answers': `reward: ${SCORE}`,
        'coordinator: reward': 'coordinator: issue task',
      });
    }
  });

  it('says of a call to a model what the conventions ask for, and no word of it', () => {
    const { traceId } = taskTraceIds(taskIds[0]);
    expect(spanOf(traceId, 'gateway: chat judge-7b')).toMatchObject({
      kind: 3,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'here',
        'gen_ai.request.model': 'judge-7b',
        'gen_ai.request.max_tokens': 40,
        'gen_ai.usage.output_tokens': 12,
        'server.address': '127.0.0.1',
        'server.port': endpointPort,
      },
    });
    expect(spanOf(traceId, 'gateway: judge')?.attributes).toMatchObject({
      ...{ 'majlis.judge.id': 'judge', 'majlis.verdict.source': 'judge', 'majlis.outcome': 'scored' },
      'majlis.rubric.hash': rubric.hash,
    });
    expect(spanOf(traceId, 'reward: score answers')?.attributes).toMatchObject({
      ...{ 'majlis.reward_model.hash': 'model-1', 'majlis.answers': 4, 'majlis.answers.scored': 4 },
    });
    const told = receiver.bodies.join('');
    const { prompt, first, second } = aPair(1);
    for (const text of [prompt.text, first, second]) expect(told).not.toContain(text);
  });

  it('is that of each request of a stream, whatever else the stream carries', () => {
    for (const digit of ['a', 'b']) {
      expect(parents(digit.repeat(32))).toEqual({
        [`gateway: ${STREAM}`]: undefined,
        'gateway: judge': `gateway: ${STREAM}`,
        'gateway: chat judge-7b': 'gateway: judge',
      });
      expect(spanOf(digit.repeat(32), `gateway: ${STREAM}`)?.parentSpanId).toBe(digit.repeat(16));
    }
    const streamed = receiver.spans.filter(({ name }) => name === STREAM);
    expect(streamed).toHaveLength(3);
    expect(new Set(streamed.map(({ traceId }) => traceId)).size).toBe(3);
  });

  it('shows a model that refuses as failed, and the verdict that it cost', () => {
    const failed = receiver.spans
      .filter((span) => span.failed)
      .map((span) => [labelOf(span), span.attributes]);
    expect(failed).toEqual([
      ['gateway: chat judge-7b', expect.objectContaining({ 'error.type': '400' })],
      ['gateway: judge', expect.objectContaining({ 'error.type': 'judge_failed' })],
    ]);
  });

  it('is gone on with over HTTP, too', () => {
    expect(parents('c'.repeat(32))).toEqual({
      'reward: POST /get_reward': undefined,
      'reward: score answers': 'reward: POST /get_reward',
    });
    expect(parents('d'.repeat(32))).toEqual({
      'worker: load policy': undefined,
      'coordinator: PUT /v1/artifacts/:sha256': 'worker: load policy',
      'coordinator: GET /v1/artifacts/:sha256': 'worker: load policy',
    });
  });
});
