/** What people wrote and models answered stays out of what a process tells of itself: lines, metrics, traces. */
import { encodeTrajectoryGroup } from '../../../core/rpc/rollout-codec.js';
import { MajlisError } from '../../../core/errors.js';
import { ProcessRegistry } from '../../../core/telemetry/metrics/process-registry.js';
import { createPinoLogger } from '../../../core/telemetry/pino-logger.js';
import { openOtlpTracing } from '../../../core/telemetry/tracing/otlp-tracing.js';
import type { Reward } from '../../../core/domain/reward.js';
import type { Outcome } from '../../../core/domain/verdict.js';
import { scored } from '../../support/fake-scorer.js';
import { LoopRig } from '../../support/loop-rig.js';
import { startTraceReceiver, type TraceReceiver } from '../../support/trace-receiver.js';

const MARKER = 'كلام-سري ';

let receiver: TraceReceiver;

beforeAll(async () => {
  receiver = await startTraceReceiver();
});

afterAll(() => receiver.close());

/** Judges that quote what they were shown, in every way that an outcome can. */
const QUOTING: readonly Outcome<Reward>[] = [
  { kind: 'unparseable', raw: `${MARKER}is no verdict` },
  { kind: 'judge_failed', reason: `${MARKER}broke me`, retryable: false },
  { kind: 'abstained', reason: `${MARKER}is unclear` },
  { kind: 'policy_malformed', reason: `${MARKER}is no answer` },
];

/** Results that are refused, each with text: unreadable, of another policy, of no task. */
async function publishBadResults(rig: LoopRig): Promise<void> {
  const text = `${MARKER}answer`;
  const trajectories = [{ index: 0, tokenIds: [1], logProbs: [-1], finish: 'stop' as const, text }];
  const group = { taskId: 'nobody-asked', policyHash: 'p', engineFingerprint: 'fake/1', trajectories };
  const bodies = [new TextEncoder().encode(text), encodeTrajectoryGroup(group)];
  for (const [at, data] of bodies.entries()) {
    await rig.bus.publish(`results.${rig.run}`, { run: rig.run, dedupeId: `bad-${at}`, data });
  }
}

it('no line, metric or span holds a word of a prompt or an answer, also when things go wrong', async () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  const failed: MajlisError[] = [];
  const tracing = openOtlpTracing({
    ...{ url: receiver.url, service: 's', version: '1' },
    onFailure: (error) => failed.push(error),
  });
  const { tracer } = tracing;
  const logger = createPinoLogger({ level: 'debug', stream, span: () => tracer.current() });
  const metrics = new ProcessRegistry();
  const rig = new LoopRig({
    ...{ algorithm: { iterations: 2 }, metrics, tracers: { coordinator: tracer, worker: tracer } },
    logged: { logger, marker: MARKER },
    scoreAnswer: (_ids, place) => QUOTING[place % 8] ?? scored(place % 3),
  });
  let failures = 1;
  rig.engines[0].beforeGenerate = async () => {
    if (failures === 1) await publishBadResults(rig);
    failures -= 1;
    if (failures === 0) throw new MajlisError('the engine is busy', { code: 'unavailable' });
  };

  await rig.play();
  await tracing.close();

  const groups = rig.scorer.requests.flatMap(({ items }) => items);
  expect(groups.every(({ prompt }) => prompt.text?.startsWith(MARKER) === true)).toBe(true);
  expect(groups.every(({ answers }) => answers.every(({ text }) => text.startsWith(MARKER)))).toBe(true);
  const logged = lines.map((line) => JSON.parse(line) as { msg: string; trace_id?: string; alarm?: string });
  expect(logged.map(({ alarm, msg }) => alarm ?? msg)).toEqual(
    expect.arrayContaining([
      ...['refused_result', 'many_answers_excluded'],
      expect.stringMatching(/^task .* was returned: the engine is busy$/),
    ]),
  );
  // What happened to a task stands in its trace, so that one leads to the other.
  expect(logged.find(({ msg }) => msg.includes('was returned'))?.trace_id).toMatch(/^[0-9a-f]{32}$/);
  const exposed = await metrics.text();
  expect(exposed).toContain('majlis_results_refused_total{pool="run",reason="unreadable"} 1');
  expect(receiver.spans.length).toBeGreaterThan(20);
  const told = [...lines, exposed, ...receiver.bodies].join('\n');
  expect(told).not.toContain(MARKER.trim());
  expect(told).not.toContain(JSON.stringify(MARKER.trim()).slice(1, -1));
  expect(failed).toEqual([]);
});
