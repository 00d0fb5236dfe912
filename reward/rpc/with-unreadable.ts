import type { RewardReply, RewardRequest } from '../serving/reward-service.js';
import { unreadableAnswer } from '../serving/unreadable-answer.js';

/**
 * Asks about the answers that can be read, and adds what the server would have said of the others: on the wire, which is
 * Unicode, an answer with a lone surrogate would be another one.
 */
export async function withUnreadable(
  request: RewardRequest,
  ask: (readable: RewardRequest) => Promise<RewardReply>,
): Promise<RewardReply> {
  const known = request.items.map(({ prompt, answers }) =>
    answers.map(({ text }) => unreadableAnswer(prompt, text)),
  );
  if (known.every((item) => item.every((outcome) => outcome === undefined))) return ask(request);
  const items = request.items.map((item, at) => ({
    ...item,
    answers: item.answers.filter((_, place) => known[at][place] === undefined),
  }));
  const reply = await ask({ ...request, items });
  const outcomes = known.map((item, at) => {
    let next = 0;
    return item.map((outcome) => outcome ?? reply.outcomes[at][next++]);
  });
  return { ...reply, outcomes };
}
