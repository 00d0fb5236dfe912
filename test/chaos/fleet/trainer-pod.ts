/** The trainer as a process: the unigram model's, over gRPC. Its models end with it; what it saved and published stays. */
import { randomUUID } from 'node:crypto';
import type { Trainer } from '../../../core/trainer/trainer.js';
import { FakeTrainer } from '../../support/fake-trainer.js';
import { serveTrainer } from '../../support/serve-trainer.js';
import { around } from '../around.js';
import { endPod, readPodOrder } from './pod-order.js';
import { voiceOf } from './pod-event.js';
import { VOCABULARY } from './rehearsed-run.js';
import { StoredMap } from './stored-map.js';

async function main(): Promise<void> {
  const order = readPodOrder();
  const say = voiceOf(order.name);
  const incarnationId = randomUUID();
  const trainer = new FakeTrainer({
    vocabSize: VOCABULARY,
    published: new StoredMap(),
    saved: new StoredMap(),
  });
  const spoken = around<Trainer>(trainer, {
    capabilities: async (inner) => ({ ...(await inner()), incarnationId }),
    forwardBackward: async (inner, call, request) => {
      const result = await inner(call, request);
      say({ what: 'gradient' });
      return result;
    },
  });
  const place = order.listen === undefined ? {} : { port: order.listen };
  const { port } = await serveTrainer(spoken, { incarnationId, ...place });
  say({ what: 'ready', port });
}

main().catch(endPod);
