import type { GroupLine } from '../../workers/evaluation/report/report-data.js';
import type { ComparisonRow } from '../../workers/evaluation/compare-policies.js';
import type { ArmFigures, ArmName } from '../../workers/evaluation/arm-figures.js';

/**
 * The object that `quickstart --json` prints as its last line. Its names are an interface: docs/quickstart.md documents
 * them, and they are kept.
 */
export interface QuickstartSummary {
  readonly seconds: number;
  readonly seed: number;
  readonly workers: number;
  readonly arms: Readonly<Partial<Record<ArmName, ArmFigures>>>;
  /** Where the held-out prompts are of several locales or categories. */
  readonly groups?: readonly GroupLine[];
  /** Where baselines ran beside the arms or in their place. */
  readonly comparison?: readonly ComparisonRow[];
  /** Absent where no held-out pair had a side. */
  readonly rewardModelAccuracy?: {
    readonly value: number;
    readonly lengthBaseline: number;
    readonly n: number;
  };
  /** Of the control judge on its own gold, by rubric id. */
  readonly controlJudgeAccuracy: Readonly<Record<string, number>>;
  /** By rubric id. */
  readonly rubricHashes: Readonly<Record<string, string>>;
  /** Absent where the policy took no step. */
  readonly ratioFirstMinibatch?: { readonly low: number; readonly high: number };
  readonly peakMemoryBytes: number;
}
