import type { Rng } from '../../core/math/rng.js';
import type { Frames } from './frames-file.js';
import { fillSlots, slotsOf } from './slots.js';

/** What a prompt put into its slots; its answers use the same fillers. */
export type Bindings = Readonly<Record<string, string>>;

/** A prompt with the topic and the frame that it came from. */
export interface ExpandedPrompt {
  readonly text: string;
  readonly topic: string;
  readonly frame: string;
  readonly bindings: Bindings;
}

/** Fills a topic's prompt frames: of each frame at most `expansionsPerFrame` combinations, chosen at random. */
export function expandPrompts(
  frames: Frames,
  topic: string,
  options: { readonly split: 'training' | 'heldOut'; readonly rng: Rng },
): ExpandedPrompt[] {
  return frames.topics[topic][options.split].flatMap((frame, index) => {
    const combinations = combine(frames, [...new Set(slotsOf(frame))]);
    const chosen = options.rng.fork(`${options.split}/${topic}/${index}`).shuffle(combinations);
    return chosen.slice(0, frames.compose.expansionsPerFrame[options.split]).map((bindings) => ({
      text: fillSlots(frame, (slot) => bindings[slot]).normalize('NFC'),
      topic,
      frame,
      bindings,
    }));
  });
}

function combine(frames: Frames, slots: readonly string[]): Bindings[] {
  return slots.reduce<Bindings[]>(
    (sofar, slot) =>
      sofar.flatMap((bindings) => frames.fillers[slot].map((text) => ({ ...bindings, [slot]: text }))),
    [{}],
  );
}
