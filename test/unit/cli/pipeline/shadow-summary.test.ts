import { shadowSummaries } from '../../../../cli/pipeline/shadow-summary.js';
import type { RunEvent, RunEventPayload } from '../../../../core/domain/run.js';

const difference = (answer: string, shadow: number) => ({
  ...{ taskId: 't', index: 0, promptId: 'p', prompt: 'prompt' },
  ...{ answer, active: 1, shadow },
});

function scored(
  iteration: number,
  rubricHash: string,
  metrics: Record<string, number>,
  differences: ReturnType<typeof difference>[] = [],
): RunEventPayload {
  const candidate = { rubricId: `id of ${rubricHash}`, rubricHash, rewardModelHash: 'm' };
  return { kind: 'shadow_scored', iteration, ...candidate, metrics, differences };
}

function eventsOf(...payloads: RunEventPayload[]): RunEvent[] {
  return payloads.map((payload, at) => ({ run: 'r', sequence: at + 1, atMs: 0, payload }));
}

describe('what candidates told over a run', () => {
  it('is nothing where none was scored', () => {
    expect(shadowSummaries(eventsOf({ kind: 'alarm', alarm: 'a', message: 'b' }))).toEqual([]);
  });

  it('is the mean of each figure over the iterations that have it, and the last of each', () => {
    const events = eventsOf(
      scored(2, 'b', { 'shadow/scores': 1, 'shadow/kendall_tau': 0.5 }, [difference('x', 4)]),
      { kind: 'epoch_began', epoch: 2 },
      scored(3, 'b', { 'shadow/scores': 2 }, [difference('y', -5), difference('x', 2)]),
    );
    expect(shadowSummaries(events)).toEqual([
      {
        ...{ rubricId: 'id of b', rubricHash: 'b', iterations: [2, 3] },
        means: { scores: 1.5, kendall_tau: 0.5 },
        last: { scores: 2 },
        differences: [difference('y', -5), difference('x', 4)],
      },
    ]);
  });

  it('keeps candidates apart, the one that was scored last at the end', () => {
    const figures = { 'shadow/scores': 1 };
    const events = eventsOf(scored(0, 'b', figures), scored(1, 'c', figures), scored(2, 'b', figures));
    const summaries = shadowSummaries(events);
    expect(summaries.map(({ rubricHash, iterations }) => [rubricHash, iterations])).toEqual([
      ['c', [1]],
      ['b', [0, 2]],
    ]);
  });
});
