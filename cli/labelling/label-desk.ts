/**
 * Hands out showings and takes answers. What leaves it never says which answer is `first`, whether a pair is a repeat, or
 * what anybody said of it: the annotator is blind. Changes go one after the other, and an answer counts once, however
 * often it is sent.
 */
import type { AnswerPair } from '../../core/domain/preference.js';
import type { Locale } from '../../core/domain/prompt.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { LabelFile } from './label-file.js';
import { labelPlan, type Showing } from './label-plan.js';
import { showingKey, type LabelChoice, type LabelLine, type ShownOrder } from './label-line.js';

/** What a person pressed: the answer shown first, the one shown second, or neither. */
export type Pick = 'one' | 'two' | 'neither';

/** A pair as its annotator sees it. `step` names the showing. */
export interface ShownPair {
  readonly step: number;
  readonly locale: Locale;
  readonly prompt: string;
  readonly answers: readonly [string, string];
}

/** Where an annotator stands; `showing` is absent at the end. */
export interface DeskState {
  readonly annotator: string;
  readonly done: number;
  readonly total: number;
  readonly showing?: ShownPair;
}

export interface DeskOptions {
  readonly file: LabelFile;
  readonly pairs: readonly AnswerPair[];
  readonly rubric: string;
  readonly seed: number;
  readonly clock: Clock;
}

const CHOICES: Readonly<Record<ShownOrder, Readonly<Record<Pick, LabelChoice>>>> = {
  first_shown_first: { one: 'first', two: 'second', neither: 'tie' },
  second_shown_first: { one: 'second', two: 'first', neither: 'tie' },
};

/** Where annotators get pairs and leave answers. */
export class LabelDesk {
  private readonly pairs: ReadonlyMap<string, AnswerPair>;
  private readonly plans = new Map<string, readonly Showing[]>();
  private lastChange: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: DeskOptions) {
    this.pairs = new Map(options.pairs.map((pair) => [pair.id, pair]));
  }

  get labels(): readonly LabelLine[] {
    return this.options.file.labels;
  }

  /** Where an annotator stands: at the first showing of their plan that has no label. */
  stateOf(annotator: string): DeskState {
    const plan = this.planOf(annotator);
    const standing = this.standingLabels(annotator);
    const step = plan.findIndex((showing) => !standing.has(showingKey({ annotator, ...showing })));
    const done = plan.filter((showing) => standing.has(showingKey({ annotator, ...showing }))).length;
    const state = { annotator, done, total: plan.length };
    return step < 0 ? state : { ...state, showing: this.shownPair(step, plan[step]) };
  }

  /**
   * Records an answer; it is on disk when this resolves. The same answer again changes nothing; another answer to a
   * showing that has one is `aborted`: it has to be taken back first.
   */
  async answer(annotator: string, step: number, pick: Pick): Promise<DeskState> {
    return this.alone(async () => {
      const showing = this.planOf(annotator).at(step);
      if (showing === undefined) {
        throw new MajlisError(`There is no showing ${step}.`, { code: 'not_found' });
      }
      const choice = CHOICES[showing.shown][pick];
      const earlier = this.standingLabels(annotator).get(showingKey({ annotator, ...showing }));
      if (earlier === undefined) await this.record(annotator, showing, choice);
      else if (earlier.choice !== choice) throw stale();
      return this.stateOf(annotator);
    });
  }

  /**
   * Takes back the annotator's last answer. `done` is how many answers they believe they gave; where that is no longer so
   * (another window went on) it is `aborted` and nothing changes.
   */
  async undo(annotator: string, done: number): Promise<DeskState> {
    return this.alone(async () => {
      if (this.stateOf(annotator).done !== done) throw stale();
      const planned = new Set(this.planOf(annotator).map((showing) => showingKey({ annotator, ...showing })));
      const last = this.labels.findLast((label) => planned.has(showingKey(label)));
      if (last !== undefined) await this.options.file.withdraw(last);
      return this.stateOf(annotator);
    });
  }

  private async record(annotator: string, { pair, shown }: Showing, choice: LabelChoice): Promise<void> {
    const { file, rubric, clock } = this.options;
    await file.append({ pair, rubric, annotator, choice, shown, at: new Date(clock.now()).toISOString() });
  }

  private planOf(annotator: string): readonly Showing[] {
    const { rubric, seed } = this.options;
    const plan = this.plans.get(annotator) ?? labelPlan([...this.pairs.keys()], { seed, rubric, annotator });
    this.plans.set(annotator, plan);
    return plan;
  }

  private standingLabels(annotator: string): Map<string, LabelLine> {
    const own = this.labels.filter((label) => label.annotator === annotator);
    return new Map(own.map((label) => [showingKey(label), label]));
  }

  private shownPair(step: number, { pair: id, shown }: Showing): ShownPair {
    const pair = this.pairs.get(id);
    if (pair === undefined)
      throw new MajlisError(`Pair ${id} is planned and not there.`, { code: 'internal' });
    const { prompt, first, second } = pair;
    const answers: [string, string] = shown === 'first_shown_first' ? [first, second] : [second, first];
    return { step, locale: prompt.locale, prompt: prompt.text, answers };
  }

  private async alone<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.lastChange.then(work);
    // A failure is its caller's; the next change only waits for it to be over.
    this.lastChange = result.catch(() => undefined);
    return result;
  }
}

function stale(): MajlisError {
  return new MajlisError('This page is behind: another answer was given meanwhile.', { code: 'aborted' });
}
