import type { GazetteerEntry } from '../../core/domain/locale.js';
import { createRng, type Rng } from '../../core/math/rng.js';
import { AnswerFiller } from './answer-filler.js';
import { AnswerWriter, type ComposedAnswer } from './answer-writer.js';
import { Deck } from './deck.js';
import { expandPrompts, type ExpandedPrompt } from './expand-prompts.js';
import type { Frames } from './frames-file.js';

/** One line of the fine-tuning corpus with what the composer knows about it. */
export interface ComposedLine extends ComposedAnswer {
  readonly prompt: ExpandedPrompt;
}

export interface Corpus {
  readonly lines: readonly ComposedLine[];
  /** One good answer to each held-out prompt, in the corpus's own mixture: what a policy should not forget. */
  readonly heldOutLines: readonly ComposedLine[];
  readonly trainingPrompts: readonly ExpandedPrompt[];
  readonly heldOutPrompts: readonly ExpandedPrompt[];
}

export interface CorpusSource {
  readonly frames: Frames;
  readonly gazetteer: readonly GazetteerEntry[];
  readonly seed: number;
}

/**
 * Composes a corpus from hand-written frames. It is a function of its source alone.
 *
 * Register, origin of the names and quality of an answer are decided independently of each other and of the
 * prompt, in equal shares, so that a policy fitted on the corpus starts undecided and only a rubric moves it.
 */
export function composeCorpus({ frames, gazetteer, seed }: CorpusSource): Corpus {
  const rng = createRng(seed).fork(`corpus/${frames.locale}`);
  const topics = Object.keys(frames.topics);
  const trainingPrompts = topics.flatMap((topic) => expandPrompts(frames, topic, { split: 'training', rng }));
  const heldOutPrompts = topics.flatMap((topic) => expandPrompts(frames, topic, { split: 'heldOut', rng }));
  const filler = new AnswerFiller(frames, gazetteer, rng.fork('fillers'));
  const writer = new AnswerWriter(frames, filler, rng.fork('answers'));
  const lines = topics.flatMap((topic) => {
    const prompts = trainingPrompts.filter((prompt) => prompt.topic === topic);
    return composeTopic(frames, { prompts, writer, rng: rng.fork(`topic/${topic}`) });
  });
  const heldOutWriter = new AnswerWriter(frames, filler, rng.fork('heldOut'));
  const heldOutLines = heldOutPrompts.map((prompt) => ({ ...heldOutWriter.writeGood(prompt), prompt }));
  return { lines: rng.fork('order').shuffle(lines), heldOutLines, trainingPrompts, heldOutPrompts };
}

interface TopicParts {
  readonly prompts: readonly ExpandedPrompt[];
  readonly writer: AnswerWriter;
  readonly rng: Rng;
}

function composeTopic(frames: Frames, { prompts, writer, rng }: TopicParts): ComposedLine[] {
  const total = frames.compose.linesPerTopic;
  const poor = Math.round(total * frames.compose.poorShare);
  const deck = new Deck(prompts, rng.fork('prompts'));
  return Array.from({ length: total }, (_, index) => {
    const prompt = deck.draw();
    const answer = index < poor ? writer.writePoor(prompt) : writer.writeGood(prompt);
    return { ...answer, prompt };
  });
}
