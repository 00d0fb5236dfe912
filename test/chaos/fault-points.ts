import type { Bus, Delivery } from '../../core/bus/bus.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { decodeTrajectoryGroup } from '../../core/rpc/rollout-codec.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import type { Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import { around } from './around.js';
import type { ChildDiary } from './child-diary.js';
import type { Executioner } from './executioner.js';

/** The ledger with its points, and with its epochs in the diary. The first control event of a preset's run is the swap. */
export function ledgerWithPoints(ledger: Ledger, executioner: Executioner, diary: ChildDiary): Ledger {
  const SWAP = 1;
  /** The call is on its way to the ledger's thread when this thread stops. */
  const committed = <Value>(reply: Promise<Value>): Promise<Value> => {
    executioner.asleep('group-commit');
    return reply;
  };
  return around<Ledger>(ledger, {
    beginEpoch: async (inner, run) => {
      const epoch = await inner(run);
      diary.write({ what: 'began epoch', epoch });
      return epoch;
    },
    results: (inner, run, iteration) => {
      executioner.enter(iteration);
      return inner(run, iteration);
    },
    issueTasks: (inner, run, tasks) => {
      for (const { iteration } of tasks) executioner.enter(iteration);
      return committed(inner(run, tasks));
    },
    acceptResults: (inner, ...given) => committed(inner(...given)),
    requestControl: async (inner, run, event) => {
      const reply = inner(run, event);
      if (event.kind === 'resume') executioner.asleep('resuming');
      const control = await reply;
      if (event.kind === 'pause') executioner.at('pausing');
      return control;
    },
    stampControl: async (inner, run, sequences, iteration) => {
      if (sequences.includes(SWAP)) executioner.at('swap-pending');
      await committed(inner(run, sequences, iteration));
      if (sequences.includes(SWAP)) executioner.at('swap-stamped');
    },
    recordPolicyVersion: async (inner, run, policy, rubricHash) => {
      await inner(run, policy, rubricHash);
      if (policy.version > 0) executioner.at('rolling-back');
    },
    setRunState: async (inner, run, state, reason) => {
      await committed(inner(run, state, reason));
      if (state === 'paused') executioner.at('paused');
      if (state === 'completed') executioner.at('completed');
    },
    completeIteration: async (inner, run, end) => {
      if (end.checkpoint !== undefined) executioner.at('before-commit');
      await committed(inner(run, end));
      executioner.at('before-announce');
    },
    forgetCheckpoints: async (inner, ...given) => {
      await inner(...given);
      executioner.at('pruning');
    },
  });
}

/** The trainer with its points. What is not an arm's, is done for the run before its loop, or for its rewards. */
export function trainerWithPoints(trainer: Trainer, executioner: Executioner): Trainer {
  const isOfRewards = ({ run }: TrainerCall): boolean => run.endsWith('-prepare');
  return around<Trainer>(trainer, {
    forwardBackward: async (inner, call, request) => {
      const result = await inner(call, request);
      if (request.loss.type === 'cross_entropy') executioner.at('sft');
      else if (request.loss.type === 'bradley_terry') executioner.at('reward-training');
      else executioner.at('after-gradient');
      return result;
    },
    publishWeights: (inner, call, request) => {
      const published = inner(call, request);
      if (!isOfRewards(call)) executioner.during('policy-files');
      return published;
    },
    saveCheckpoint: async (inner, call, request) => {
      const saving = inner(call, request);
      executioner.during(isOfRewards(call) ? 'reward-files' : 'checkpoint-files');
      const saved = await saving;
      executioner.at(isOfRewards(call) ? 'reward-saved' : 'first-model-saved');
      return saved;
    },
  });
}

/** The bus with its point, and with every result that is acknowledged in the diary. */
export function busWithPoints(bus: Bus, executioner: Executioner, diary: ChildDiary): Bus {
  const watched = (delivery: Delivery): Delivery =>
    around<Delivery>(delivery, {
      ack: async (inner) => {
        const { taskId } = decodeTrajectoryGroup(delivery.data);
        diary.write({ what: 'acknowledged', task: taskId, payloadHash: sha256(delivery.data) });
        await inner();
        executioner.at('after-ack');
      },
    });
  return around<Bus>(bus, {
    pull: async (inner, queue, options) => {
      const deliveries = await inner(queue, options);
      return queue.startsWith('results.') ? deliveries.map(watched) : deliveries;
    },
  });
}
