import type { WatchedIteration } from '../../coordinator/watch/watched-iteration.js';
import type { Prompt } from '../../core/domain/prompt.js';

/** The same iteration with what each group's prompt says of itself. [group] */
export function promptsOf(
  { batch, rewards }: WatchedIteration,
  changes: readonly Partial<Prompt>[],
): WatchedIteration {
  const groups = batch.groups.map(({ task, result }, at) => {
    const prompt = { ...task.prompt, prompt: { ...task.prompt.prompt, ...changes[at] } };
    return { task: { ...task, prompt }, result };
  });
  return { batch: { ...batch, groups }, rewards };
}
