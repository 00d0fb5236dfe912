import type { Locale } from '../../core/domain/prompt.js';
import type { Rng } from '../../core/math/rng.js';
import type { CultureKit, KitProbes } from './culture-kit.js';
import type { KitFigure } from './kit-figure.js';

/** An answer that a model is asked to score. */
export interface KitQuestion {
  readonly locale: Locale;
  readonly prompt: string;
  readonly answer: string;
  /** `swapped`: of the model under the other register's rubric. Absent: of the model under test. */
  readonly model?: 'swapped';
}

/** One unit of a test: the answers whose scores are compared with each other. */
export interface Probe {
  readonly id: string;
  /** What the items of a test are told apart by, such as a dimension. */
  readonly stratum?: string;
  /** In the order that the test says. [candidate] */
  readonly candidates: readonly KitQuestion[];
}

/** A probe all of whose candidates have a score. */
export interface ScoredProbe extends Probe {
  /** [candidate] */
  readonly scores: readonly number[];
}

/** What figures are computed with. */
export interface MeasureContext {
  /** The typical gap: mean distance of the two answers of the kit's pairs, above 0 where `unit` is `gap`. */
  readonly gap: number;
  /** The stream of this test alone. */
  readonly rng: Rng;
}

/** Which of a kit's two registers the model under test is to prefer. */
export interface KitTarget {
  readonly register: string;
  /** Absent where the locale has one register only. */
  readonly otherRegister?: string;
}

/** One test of the kit: pure, given the scores. */
export interface KitTest {
  readonly name: string;
  /** What is measured, in a sentence. */
  readonly measures: string;
  /** The file that its probes come from. */
  readonly file: keyof KitProbes;
  /** Whether a figure is in typical gaps, which a model that pays all pairs alike does not have. */
  readonly inGaps: boolean;
  probes(kit: CultureKit, target: KitTarget): readonly Probe[];
  figures(probes: readonly ScoredProbe[], context: MeasureContext): readonly KitFigure[];
  /** How clearly a probe shows the fault; 0 or above where it does, a tie where one answer is better being one. */
  fault(probe: ScoredProbe, context: MeasureContext): number;
}

/** 1 where the first is worth more, 0 where the second is, ½ where neither is. */
export function wins(first: number, second: number): number {
  return (1 + Math.sign(first - second)) / 2;
}

/** Probes by stratum, in order of appearance. */
export function byStratum(probes: readonly ScoredProbe[]): Map<string, ScoredProbe[]> {
  const strata = new Map<string, ScoredProbe[]>();
  for (const probe of probes) {
    const stratum = probe.stratum ?? '';
    strata.set(stratum, [...(strata.get(stratum) ?? []), probe]);
  }
  return strata;
}
