import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import type { TieModel } from '../../../core/math/tie-model.js';
import type { HeldOutScore } from '../../../reward/preference/choose-fuser.js';
import type { FuseMethod } from '../../../reward/preference/fuse-table.js';
import type { JudgeTerm } from '../../../reward/preference/judge-terms.js';
import type { PanelAgreement } from '../../../reward/preference/panel-agreement.js';
import type { RankedItem } from '../../../reward/preference/rank-items.js';

/** Methods that rank items over all votes; the others fuse judges pair by pair. */
export const RANK_METHODS = [
  'bradley-terry',
  'davidson',
  'rao-kupper',
  'crowd-bt',
  'thurstone',
  'elo',
] as const;
export const FUSE_METHODS = [
  'stack',
  'average',
  'majority',
  'dawid-skene',
  'one-coin',
] as const satisfies readonly FuseMethod[];

export type RankMethod = (typeof RANK_METHODS)[number];
export type AggregateMethod = RankMethod | FuseMethod;

/** What `majlis aggregate --json` prints. A part that a method does not give is absent. */
export interface AggregateResult {
  readonly method: AggregateMethod;
  readonly votes: {
    readonly scored: number;
    /** Without a score: excluded, never ties. */
    readonly excluded: number;
    readonly judges: number;
    readonly pairs: number;
    readonly items: number;
    readonly prompts: number;
  };
  readonly rubric?: string;
  readonly items?: readonly (RankedItem & { readonly bootstrap?: readonly [low: number, high: number] })[];
  readonly pairs?: readonly FusedPair[];
  readonly judges: readonly JudgeReport[];
  /** What moved judges beside the answers: by order shown, length, or another's vote. */
  readonly terms?: readonly FittedTerm[];
  readonly ties?: { readonly model: TieModel; readonly parameter: number };
  readonly agreement: PanelAgreement;
  /** Groups of items that nobody compared with each other. */
  readonly groups?: number;
  readonly logLikelihood?: number;
  readonly gradientNorm?: number;
  readonly iterations?: number;
  /** Where anchors were given. */
  readonly accuracy?: AccuracyReport;
  readonly influence?: InfluenceReport;
  readonly warnings: readonly string[];
  /** Where the HTML report was written. */
  readonly report?: string;
}

export interface FusedPair {
  readonly pair: string;
  readonly first?: string;
  readonly second?: string;
  /** Absent where no judge scored the pair. */
  readonly probabilityFirst?: number;
  /** Of the stack: from the anchors' noise. */
  readonly standardError?: number;
}

export interface JudgeReport {
  readonly judge: string;
  readonly scored: number;
  readonly excluded: number;
  /** Pairs scored in both orders, and those on which both verdicts name the same answer. */
  readonly swap?: { readonly pairs: number; readonly consistent: number };
  /** How often it names the answer shown first; ½ where order does not matter. */
  readonly shownFirst?: IntervalEstimate;
  readonly weight?: number;
  readonly reliability?: number;
  /** On anchors. */
  readonly accuracy?: IntervalEstimate;
}

export interface FittedTerm extends JudgeTerm {
  readonly value: number;
  readonly standardError?: number;
  readonly low?: number;
  readonly high?: number;
}

export interface AccuracyReport {
  /** Of the method on anchors; for the stack of folds that it was not fitted on. */
  readonly fused: IntervalEstimate;
  readonly brier: number;
  readonly anchors: number;
  /** Where anchors fused: what was chosen, and how both did on held-out anchors. */
  readonly choice?: {
    readonly used: 'anchored_stack' | 'best_judge';
    readonly stack: HeldOutScore;
    readonly judge: HeldOutScore;
    readonly bestJudge: string;
    /** The stack's accuracy less the judge's, paired. */
    readonly gain: IntervalEstimate;
  };
}

export interface InfluenceReport {
  readonly better: string;
  readonly worse: string;
  readonly lead: number;
  /** Fewest votes whose loss should turn the lead, to first order; absent where no number would. */
  readonly votesThatDecide?: number;
  /** The votes that hold the lead up or down most: what it would change by without them. */
  readonly largest: readonly { readonly line: number; readonly judge: string; readonly change: number }[];
}
