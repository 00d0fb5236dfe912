/** A rollout worker as a process: the real worker on a real NATS connection, over the unigram model. */
import type { Bus, Delivery, OutgoingMessage } from '../../../core/bus/bus.js';
import { NatsBus } from '../../../core/bus/nats-bus.js';
import { rolloutQueueNames } from '../../../core/bus/subjects.js';
import {
  decodeRolloutTask,
  decodeTrajectoryGroup,
  encodeTrajectoryGroup,
} from '../../../core/rpc/rollout-codec.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { sha256 } from '../../../core/runtime/content-hash.js';
import { RolloutWorker } from '../../../workers/rollout/rollout-worker.js';
import { FakeEngine } from '../../support/fake-engine.js';
import type { UnigramWeights } from '../../support/unigram-model.js';
import { around } from '../around.js';
import { acksBeforeStored, dedupesByWorker } from './planted-bugs.js';
import { endPod, folderOf, readPodOrder, type PodOrder } from './pod-order.js';
import { voiceOf } from './pod-event.js';
import { HEARTBEAT_MS, POOL, RELEASE, TASK_TAKES_MS } from './rehearsed-run.js';
import { SharedPolicies } from './shared-policies.js';
import { StoredMap } from './stored-map.js';

type Say = ReturnType<typeof voiceOf>;
const LATE_MS = 400;

/** The bus, with what the worker does on it said aloud. */
function spoken(bus: Bus, say: Say): Bus {
  const watched = (delivery: Delivery): Delivery => {
    const { id: task } = decodeRolloutTask(delivery.data);
    say({ what: 'leased', task, attempt: delivery.attempt });
    return around<Delivery>(delivery, {
      ack: async (inner) => {
        await inner();
        // Said only now: who kills it upon this word must not take the ack back.
        say({ what: 'acked', task });
      },
    });
  };
  return around<Bus>(bus, {
    pull: async (inner, queue, options) => (await inner(queue, options)).map(watched),
    publish: async (inner, queue, message) => {
      const { taskId: task } = decodeTrajectoryGroup(message.data);
      const { dedupeId } = message;
      say({ what: 'publishing', task, dedupeId, payloadHash: sha256(message.data) });
      const answer = await inner(queue, message);
      say({ what: 'stored', task });
      return answer;
    },
    publishParcel: async (inner, queue, parcel) => {
      const results = parcel.parts.map(({ data }) => ({ data, task: decodeTrajectoryGroup(data).taskId }));
      // Its id names the parcel, whose first result it is said with.
      for (const [at, { data, task }] of results.entries()) {
        const dedupeId = at === 0 ? parcel.dedupeId : `${parcel.dedupeId}#${at}`;
        say({ what: 'publishing', task, dedupeId, payloadHash: sha256(data) });
      }
      const answer = await inner(queue, parcel);
      for (const { task } of results) say({ what: 'stored', task });
      return answer;
    },
  });
}

/** The bus of a worker that, at one of its results, does what no worker should. */
function mischievous(bus: Bus, mischief: PodOrder['mischief'], say: Say): Bus {
  if (mischief === undefined) return bus;
  let published = 0;
  const misbehave = async (queue: string, message: OutgoingMessage): Promise<void> => {
    published += 1;
    if (published !== mischief.at) return;
    const data = mischief.kind === 'result-changed' ? changed(message.data) : message.data;
    const commit = async (): Promise<void> => {
      await bus.publish(queue, { ...message, data, dedupeId: `${message.dedupeId}/again` });
      say({ what: 'did', mischief: mischief.kind });
    };
    if (mischief.kind === 'result-late') setTimeout(() => void commit(), LATE_MS);
    else await commit();
  };
  return around<Bus>(bus, {
    publish: async (inner, queue, message) => {
      const answer = await inner(queue, message);
      await misbehave(queue, message);
      return answer;
    },
    publishParcel: async (inner, queue, parcel) => {
      const answer = await inner(queue, parcel);
      for (const part of parcel.parts) await misbehave(queue, { ...parcel, ...part });
      return answer;
    },
  });
}

function changed(data: Uint8Array): Uint8Array {
  const group = decodeTrajectoryGroup(data);
  const trajectories = group.trajectories.map((one) => ({ ...one, text: `${one.text} (changed)` }));
  return encodeTrajectoryGroup({ ...group, trajectories });
}

async function main(order: PodOrder): Promise<void> {
  const say = voiceOf(order.name);
  const models = new StoredMap<UnigramWeights>();
  const engine = new FakeEngine(models);
  engine.beforeGenerate = (_request, signal) => systemClock.sleep(TASK_TAKES_MS, signal);
  const url = `nats://127.0.0.1:${order.nats}`;
  let bus: Bus = await NatsBus.connect({ url, release: RELEASE, clock: systemClock });
  if (order.bug === 'ack-before-stored') bus = acksBeforeStored(bus);
  bus = spoken(mischievous(bus, order.mischief, say), say);
  if (order.bug === 'dedupe-by-worker') bus = dedupesByWorker(bus, order.name);
  const worker = new RolloutWorker({
    bus,
    queues: rolloutQueueNames(POOL),
    engine,
    policies: new SharedPolicies(folderOf(order, 'policies')),
    decoderOf: async () => ({ hash: 'tokenizer', decodeAnswer: (ids) => ({ text: [...ids].join(' ') }) }),
    clock: systemClock,
    slots: 2,
    heartbeatMs: HEARTBEAT_MS,
    retryDelayMs: 50,
  });
  say({ what: 'ready' });
  await worker.run(new AbortController().signal);
}

main(readPodOrder()).catch(endPod);
