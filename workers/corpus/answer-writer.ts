import { MajlisError } from '../../core/errors.js';
import type { Rng } from '../../core/math/rng.js';
import type { AnswerFiller, AnswerStyle } from './answer-filler.js';
import { Deck } from './deck.js';
import type { ExpandedPrompt } from './expand-prompts.js';
import type { Frames } from './frames-file.js';

/** The ways in which an answer is poor on purpose. */
export const POOR_QUALITIES = ['repetition', 'stuffing', 'off_topic', 'short'] as const;

export type PoorQuality = (typeof POOR_QUALITIES)[number];

/** An answer and the choices behind it. */
export interface ComposedAnswer extends AnswerStyle {
  readonly answer: string;
  readonly quality: 'good' | PoorQuality;
}

const MOST_ATTEMPTS = 50;
/** A repetition keeps the answer's first words, the last of them said this often. */
const REPEATS = 5;
const KEPT_WORDS = [3, 4, 5];

/** Writes answers whose styles and frames are dealt from decks, so that each is as frequent as any other. */
export class AnswerWriter {
  private readonly decks = new Map<string, Deck<string>>();
  private readonly qualities: Deck<PoorQuality>;
  private readonly keptWords: Deck<number>;

  constructor(
    private readonly frames: Frames,
    private readonly filler: AnswerFiller,
    private readonly rng: Rng,
  ) {
    this.qualities = new Deck(POOR_QUALITIES, rng.fork('quality'));
    this.keptWords = new Deck(KEPT_WORDS, rng.fork('kept'));
  }

  /** An answer to the prompt from a frame of its topic. */
  writeGood(prompt: ExpandedPrompt): ComposedAnswer {
    const style = this.style(`good/${prompt.topic}`);
    const answer = this.fitting(() => this.onTopic(prompt.topic, style, prompt));
    return { ...style, answer, quality: 'good' };
  }

  /** An answer that a judge should reject. */
  writePoor(prompt: ExpandedPrompt): ComposedAnswer {
    const quality = this.qualities.draw();
    const style = this.style(quality);
    return { ...style, quality, answer: this.fitting(() => this.poor(quality, style, prompt)) };
  }

  private poor(quality: PoorQuality, style: AnswerStyle, prompt: ExpandedPrompt): string {
    switch (quality) {
      case 'repetition':
        return repeatWord(this.onTopic(prompt.topic, style, prompt), this.keptWords.draw());
      case 'stuffing':
        return this.fromFrames('stuffing', this.frames.poor.stuffing[style.register], style);
      case 'short':
        return this.fromFrames('short', this.frames.poor.short[style.register], style);
      case 'off_topic':
        return this.onTopic(this.otherTopic(prompt.topic), style, { ...prompt, bindings: {} });
    }
  }

  private onTopic(topic: string, style: AnswerStyle, { bindings }: ExpandedPrompt): string {
    const frames = this.frames.topics[topic].answers[style.register];
    return this.filler.fill(this.deal(`frame/${topic}`, frames, style), style, bindings);
  }

  private fromFrames(name: string, frames: readonly string[], style: AnswerStyle): string {
    return this.filler.fill(this.deal(name, frames, style), style, {});
  }

  private otherTopic(topic: string): string {
    const others = Object.keys(this.frames.topics).filter((other) => other !== topic);
    return this.deck(`other/${topic}`, others).draw();
  }

  /** Deals the pairs of register and origin. */
  private style(purpose: string): AnswerStyle {
    const pairs = this.frames.registers.flatMap((register) => [`${register}/local`, `${register}/foreign`]);
    const [register, origin] = this.deck(`style/${purpose}`, pairs).draw().split('/');
    return { register, origin: origin === 'local' ? 'local' : 'foreign' };
  }

  private deal(name: string, frames: readonly string[], { register, origin }: AnswerStyle): string {
    return this.deck(`${name}/${register}/${origin}`, frames).draw();
  }

  private deck(key: string, items: readonly string[]): Deck<string> {
    const deck = this.decks.get(key) ?? new Deck(items, this.rng.fork(key));
    this.decks.set(key, deck);
    return deck;
  }

  private fitting(write: () => string): string {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const answer = write();
      if ([...answer].length <= this.frames.compose.longestAnswer) return answer;
    }
    throw new MajlisError(
      `no ${this.frames.locale} answer of at most ${this.frames.compose.longestAnswer} characters in ${MOST_ATTEMPTS} attempts`,
      { code: 'failed_precondition' },
    );
  }
}

function repeatWord(sentence: string, kept: number): string {
  const words = sentence.split(' ').slice(0, kept);
  const last = (words.at(-1) ?? '').replace(/[^\p{L}\p{M}\p{N}]+$/u, '');
  const repeated: string[] = Array.from({ length: REPEATS }, () => last);
  return [...words.slice(0, -1), ...repeated].join(' ') + '.';
}
