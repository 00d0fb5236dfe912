/**
 * The coordinator as a process: the real one, with its ledger and segments on disk, a NATS bus, a trainer over gRPC and a
 * judge over gRPC. It begins the run, or goes on with the one that it finds.
 */
import { SegmentArtifacts } from '../../../core/artifacts/segment-artifacts.js';
import type { Bus } from '../../../core/bus/bus.js';
import { NatsBus } from '../../../core/bus/nats-bus.js';
import { DEFAULT_HEALTH } from '../../../core/config/health-options.js';
import { DEFAULT_WATCH, watchedOnly } from '../../../core/config/watch-options.js';
import type { Ledger } from '../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import type { Scorer } from '../../../core/scorer/scorer.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import { compileAlgorithm } from '../../../coordinator/algorithm-options.js';
import type { Coordinator } from '../../../coordinator/coordinator.js';
import { createCoordinator } from '../../../coordinator/create-coordinator.js';
import { connectGatewayJudge } from '../../../reward/rpc/gateway-judge.js';
import { aPrompt } from '../../support/builders.js';
import { shippedRubric } from '../../support/reward-fixtures.js';
import { around } from '../around.js';
import { reissuesUnderSameId } from './planted-bugs.js';
import { endPod, folderOf, readPodOrder, type PodOrder } from './pod-order.js';
import { voiceOf } from './pod-event.js';
import {
  ACK_WAIT_MS,
  GROUP,
  ITERATIONS,
  MAX_NEW_TOKENS,
  PROMPTS,
  REISSUE_AFTER_MS,
  RELEASE,
  RUN,
  SEED,
  STARVED_AFTER_MS,
} from './rehearsed-run.js';
import { SharedPolicies } from './shared-policies.js';

type Say = ReturnType<typeof voiceOf>;

/** The ledger, with what it has taken said aloud. */
function spoken(ledger: Ledger, say: Say): Ledger {
  const issuedHere = new Set<string>();
  let isReady = false;
  return around<Ledger>(ledger, {
    results: (inner, run, iteration) => {
      // The dispatcher's first question: this start has its epoch, its models and its policy.
      if (!isReady) say({ what: 'ready' });
      isReady = true;
      return inner(run, iteration);
    },
    issueTasks: async (inner, run, tasks) => {
      await inner(run, tasks);
      const ids = tasks.map(({ id }) => id);
      say({ what: 'issued', tasks: ids, again: ids.some((id) => issuedHere.has(id)) });
      for (const id of ids) issuedHere.add(id);
    },
    acceptResults: async (inner, run, results) => {
      const verdicts = await inner(run, results);
      for (const [at, { taskId }] of results.entries()) {
        if (verdicts[at] === 'accepted') say({ what: 'accepted', task: taskId });
      }
      return verdicts;
    },
  });
}

async function gatewayScorer({ gateway }: PodOrder): Promise<Scorer> {
  const address = `127.0.0.1:${gateway}`;
  const rubric = await shippedRubric('ar-msa');
  const judge = await connectGatewayJudge({
    address,
    token: 't',
    judgeId: 'rule',
    run: RUN,
    clock: systemClock,
  });
  return {
    score: (request, signal) =>
      Promise.all(
        request.items.map(({ prompt, answers }) =>
          Promise.all(
            answers.map(async ({ text }, at) => {
              const pair = { id: `${prompt.id}/${at}`, prompt, first: text, second: '-' };
              const asked = { pair, rubric, order: 'first_shown_first' } as const;
              const { outcome } = await judge.judge(asked, signal);
              if (outcome.kind !== 'scored') return outcome;
              const reward = outcome.score.probabilityFirst * MAX_NEW_TOKENS;
              return { kind: 'scored', score: { raw: reward, normalized: reward } } as const;
            }),
          ),
        ),
      ),
  };
}

async function coordinatorOf(order: PodOrder, say: Say): Promise<Coordinator> {
  const ledger = spoken(await openSqliteLedger(folderOf(order, 'ledger.sqlite'), systemClock), say);
  const url = `nats://127.0.0.1:${order.nats}`;
  let bus: Bus = await NatsBus.connect({ url, release: RELEASE, clock: systemClock });
  if (order.bug === 'reissue-under-same-id') bus = reissuesUnderSameId(bus);
  if ((await ledger.getRun(RUN)) === undefined) {
    const identity = { name: RUN, seed: SEED, config: '{}', configHash: 'c', fingerprints: {} };
    await ledger.createRun({ id: RUN, ...identity });
  }
  const prompts = Array.from({ length: PROMPTS }, (_, at) => aPrompt(`p${at}`, [1, 2 + (at % 3)]));
  const epoch = await ledger.beginEpoch(RUN);
  return createCoordinator(
    {
      bus,
      ledger,
      artifacts: await SegmentArtifacts.open({ folder: folderOf(order, 'segments') }),
      trainer: await GrpcTrainer.connect({ address: `127.0.0.1:${order.trainer}`, patienceMs: 60_000 }),
      scorer: await gatewayScorer(order),
      rewardSources: {
        activate: async (rubricHash) => ({
          ...{ rubricId: rubricHash, rubricHash, rewardModelHash: `model of ${rubricHash}`, floor: -3 },
        }),
        keep: async () => undefined,
      },
      prompts: { prompts: async () => prompts },
      policyAnnouncer: new SharedPolicies(folderOf(order, 'policies')),
      clock: systemClock,
      freeSpace: { freeBytes: async () => Infinity },
      observer: {
        resultRefused: ({ reason }) => say({ what: 'refused', reason }),
        iterationFinished: ({ iteration }) => say({ what: 'iteration', iteration }),
      },
    },
    {
      run: { id: RUN, seed: SEED, epoch },
      algorithm: compileAlgorithm({
        iterations: ITERATIONS,
        promptsPerIteration: PROMPTS,
        groupSize: GROUP,
        criticWarmupIterations: 1,
        policyLearningRate: 2,
        criticLearningRate: 0.3,
        kl: { initial: 0.01 },
      }),
      sampling: { maxNewTokens: MAX_NEW_TOKENS, temperature: 1, stopTokenIds: [0] },
      baseModel: folderOf(order, 'base'),
      rubricHash: 'rubric-a',
      engineFingerprint: 'fake/1',
      policyDirectory: folderOf(order, 'published'),
      checkpoints: { directory: folderOf(order, 'checkpoints'), every: 2, keep: 1 },
      health: { ...DEFAULT_HEALTH, entropyShare: 'off', klBudget: 'off', diskFreeGiB: 'off' },
      watch: watchedOnly(DEFAULT_WATCH),
      workspace: order.folder,
      ackWaitMs: ACK_WAIT_MS,
      parcelSize: order.parcelSize ?? 1,
      reissueAfterMs: REISSUE_AFTER_MS,
      starvedAfterMs: STARVED_AFTER_MS,
    },
  );
}

async function main(): Promise<void> {
  const order = readPodOrder();
  const coordinator = await coordinatorOf(order, voiceOf(order.name));
  await coordinator.run(new AbortController().signal);
  process.exit(0);
}

main().catch(endPod);
