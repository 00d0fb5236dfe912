import type { ProgressListener } from '../../pipeline/progress.js';
import type { Clustering } from '../../../reward/preference/rank-items.js';
import type { VoteTable } from '../../../reward/preference/vote-table.js';
import type { AggregateMethod } from './aggregate-result.js';
import type { Anchors } from './anchor-lines.js';

/** What `majlis aggregate` was asked. */
export interface AggregateOptions {
  readonly votes: string;
  readonly anchors?: string;
  readonly items?: string;
  readonly method?: AggregateMethod;
  readonly rubric?: string;
  /** Precision of the Gaussian prior on strengths; 0 for none. */
  readonly prior: number;
  readonly cluster: Clustering;
  readonly orderTerms: 'judge' | 'judge_and_locale' | 'none';
  readonly lengthTerm: boolean;
  readonly copies: readonly { readonly judge: string; readonly of: string }[];
  readonly bootstrap: number;
  readonly level: number;
  readonly seed: number;
  readonly report?: string;
}

/** Votes, what is known of them, and everything a method may look at. */
export interface AggregateInput {
  readonly table: VoteTable;
  readonly anchors: Anchors;
  readonly clusterOf: Int32Array | undefined;
  readonly options: AggregateOptions;
  /** Called between steps of long work; it throws where the person asked to stop. */
  readonly onProgress: ProgressListener;
}
