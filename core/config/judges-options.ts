import { z } from 'zod';

/**
 * Who judges a run's pairs beside the rules, and how they are asked. Nothing is filled in: a run file that says nothing of
 * judges keeps the configuration that it had. Paths are relative to the run file.
 */
export const judgesSchema = z.strictObject({
  /** A gateway's file, all of whose judges judge. */
  gateway: z.string().min(1).exactOptional(),
  /** Only these judges of the gateway, by id. */
  only: z.array(z.string().min(1)).min(1).exactOptional(),
  /**
   * `rubric` asks which answer is better by the whole rubric; `criteria` asks it of each judged criterion by itself, so
   * that a swap asks about those that changed.
   */
  asks: z.enum(['rubric', 'criteria']).exactOptional().meta({ default: 'rubric' }),
  /** `both` orders of every pair, or `counterbalanced` over judges and pairs: 55 % of the calls. */
  orders: z.enum(['both', 'counterbalanced']).exactOptional().meta({ default: 'both' }),
  /** Fewest families of judges in the panel. */
  leastFamilies: z.int().min(1).exactOptional().meta({ default: 1 }),
  /** The largest share of a judge's questions without a verdict that a reward may be made from. */
  noVerdictShare: z.number().min(0).max(1).exactOptional().meta({ default: 0.05 }),
  /** Files of recorded verdicts, whose judges judge again. */
  recorded: z.array(z.string().min(1)).exactOptional(),
  /** Label files, whose annotators are judges. */
  labels: z.array(z.string().min(1)).exactOptional(),
});

/** As a run file has it. */
export type JudgesChoice = z.infer<typeof judgesSchema>;

/** The same with nothing left out. */
export interface JudgesOptions extends JudgesChoice {
  readonly asks: 'rubric' | 'criteria';
  readonly orders: 'both' | 'counterbalanced';
  readonly leastFamilies: number;
  readonly noVerdictShare: number;
}

/** Fills in what a run file leaves out. */
export function compileJudges(choice: JudgesChoice = {}): JudgesOptions {
  return { asks: 'rubric', orders: 'both', leastFamilies: 1, noVerdictShare: 0.05, ...choice };
}
