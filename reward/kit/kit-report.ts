import type { Outcome } from '../../core/domain/verdict.js';
import type { FigureVerdict, KitFigure } from './kit-figure.js';

/** Counts of answers that got no score, by what they got instead. */
export type ExcludedCounts = Readonly<Partial<Record<Exclude<Outcome<number>['kind'], 'scored'>, number>>>;

/** A probe that shows a fault most clearly. */
export interface KitExample {
  readonly id: string;
  readonly prompt: string;
  readonly answers: readonly { readonly answer: string; readonly score: number }[];
}

/** What one test found. `not_measured` is no verdict on the model: `reason` says what was missing. */
export interface KitTestResult {
  readonly test: string;
  readonly measures: string;
  readonly verdict: FigureVerdict | 'not_measured';
  readonly figures: readonly KitFigure[];
  /** Probes all of whose answers have a score. */
  readonly items: number;
  /** Probes that were left out since one of their answers has none. */
  readonly excludedItems: number;
  readonly reason?: string;
  /** Where the fault shows most clearly; none where it shows nowhere. */
  readonly examples: readonly KitExample[];
}

/** A model's results on a kit. */
export interface KitReport {
  readonly kit: {
    readonly locale: string;
    readonly version: string;
    readonly hash: string;
    readonly title: string;
    readonly nativeChecked: boolean;
  };
  readonly model: string;
  readonly swapped?: string;
  /** The register that the model is to prefer. */
  readonly register: string;
  /** The unit of figures in gaps, in the model's own reward; absent where no pair was scored. */
  readonly typicalGap?: number;
  readonly answers: number;
  readonly excluded: ExcludedCounts;
  readonly tests: readonly KitTestResult[];
  /** Names of the tests whose verdict is `fail`. */
  readonly failed: readonly string[];
}
