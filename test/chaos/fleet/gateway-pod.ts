/** The gateway as a process: JudgeService on the wire, over a rule that counts the tokens the run wants. */
import { JudgeServiceService } from '../../../proto/gen/majlis/v1/judge.js';
import type * as wire from '../../../proto/gen/majlis/v1/judge.js';
import { handleUnary } from '../../../core/rpc/handle-unary.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import type { Judge } from '../../../reward/judge/judge.js';
import { verdictOf } from '../../../reward/judge/verdict-of.js';
import {
  judgeRequestFromMessage,
  judgeResponseToMessage,
  servedJudgeToMessage,
} from '../../../reward/rpc/convert-judge.js';
import { ReceivedRubrics } from '../../../reward/rpc/received-rubric.js';
import { endPod, readPodOrder } from './pod-order.js';
import { voiceOf } from './pod-event.js';
import { MAX_NEW_TOKENS, WANTED_TOKEN } from './rehearsed-run.js';

const ruleJudge: Judge = {
  id: 'rule',
  kind: 'rules',
  judge: async (request) => {
    const wanted = request.pair.first.split(' ').filter((id) => id === String(WANTED_TOKEN)).length;
    const score = { probabilityFirst: wanted / MAX_NEW_TOKENS };
    return verdictOf('rule', request, { kind: 'scored', score });
  },
};

async function main(): Promise<void> {
  const order = readPodOrder();
  const say = voiceOf(order.name);
  const rubrics = new ReceivedRubrics();
  const implementation = {
    listJudges: handleUnary(async () => ({ judges: [servedJudgeToMessage(ruleJudge)] })),
    judge: handleUnary(async (message: wire.JudgeRequest) => {
      const { request } = judgeRequestFromMessage(message, rubrics);
      say({ what: 'judged' });
      return judgeResponseToMessage({ verdict: await ruleJudge.judge(request), source: 'judge' });
    }),
  };
  const services = [{ definition: JudgeServiceService, implementation }];
  const { port } = await startRpcServer({ port: order.listen ?? 0, services });
  say({ what: 'ready', port });
}

main().catch(endPod);
