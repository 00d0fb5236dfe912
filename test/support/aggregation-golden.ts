import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { goldenFile } from './shared-data.js';

/** The file of known answers about aggregation; see its `_note` for where they come from. */
export const AGGREGATION_GOLDEN = 'aggregation.json';

const numbers = z.array(z.number());
const quadruple = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const known = z.object({
  pairs_i_j_wi_wj: z.array(quadruple),
  theta_centred: numbers,
  loglik: z.number(),
  se_information_centred: numbers,
  se_sandwich_centred: numbers,
});
const raters = z.object({
  raters: z.array(z.string()),
  nominal: z.number(),
  ordinal: z.number(),
  interval: z.number(),
  ratio: z.number(),
});
const schema = z.object({
  bt_wikipedia: known,
  bt_citations: known.extend({ theta_ref0: numbers, se_ref0: numbers }),
  bt_baseball_order: z.object({
    model1_no_order: z.object({ theta_ref0: numbers, se: numbers, loglik: z.number() }),
    model2_order: z.object({
      theta_ref0: numbers,
      at_home: z.number(),
      se_at_home: z.number(),
      loglik: z.number(),
      LR_1df: z.number(),
    }),
  }),
  davidson_pudding: z.object({
    davidson: z.object({ pi_sum1: numbers, nu: z.number(), loglik: z.number() }),
    rao_kupper: z.object({ pi_sum1: numbers, theta: z.number(), loglik: z.number() }),
    bt_ties_half: z.object({ pi_sum1: numbers }),
  }),
  choix_small: z.object({
    cycle_plus_one: z.object({ winner_loser: z.array(z.tuple([z.number(), z.number()])), theta: numbers }),
    plackett_luce: z.object({ rankings: z.array(numbers), theta: numbers }),
    top1: z.object({ choices: z.array(z.tuple([z.number(), numbers])), theta: numbers }),
  }),
  gaussian_ep: z.object({
    winner_loser: z.array(z.tuple([z.number(), z.number()])),
    prior_variance: z.number(),
    logit_posterior_mean: numbers,
    probit_posterior_mean_thurstone: numbers,
    atol: z.number(),
  }),
  evalica_simple: z.object({
    rows_left_right_winner: z.array(z.tuple([z.number(), z.number(), z.enum(['left', 'right', 'tie'])])),
    bt_ties_half_sum1: numbers,
    davidson_sum1: numbers,
    davidson_nu: z.number(),
    elo_k4_init1000_scale400_in_row_order: numbers,
    elo_k30: numbers,
  }),
  dawid_skene_anesthesia: z.object({
    prevalence: numbers,
    observer1_confusion: z.array(numbers),
    loglik: z.number(),
    hard_labels: numbers,
  }),
  krippendorff: z.object({
    wikipedia_3x15: raters,
    codings_4x12: raters,
    '2x3': z.object({ units: z.array(numbers), nominal: z.number(), interval: z.number() }),
  }),
  kappa: z.object({
    fleiss_wikipedia: z.object({ counts: z.array(numbers), kappa: z.number() }),
    cohen_sas: z.object({
      table: z.array(numbers),
      kappa: z.number(),
      ase: z.number(),
      ci: z.tuple([z.number(), z.number()]),
      linear_weighted: z.number(),
    }),
  }),
  llmbar: z.object({
    five_judges_x_two_orders: z.object({
      majority_ties_half: z.number(),
      majority_ties: z.number(),
      ds_full: z.object({ acc: z.number(), loglik: z.number(), brier: z.number(), smoothing: z.number() }),
      ds_onecoin: z.object({ acc: z.number(), brier: z.number() }),
    }),
    four_judges_no_gpt4: z.object({ majority: z.number(), ds_full: z.number(), ds_onecoin: z.number() }),
    anchored_L2_logistic_stack: z.object({
      five: z.record(z.string(), z.number()),
      four: z.record(z.string(), z.number()),
    }),
    semi_supervised_EM_four: z.record(z.string(), z.number()),
    single_judge_vanilla: z.record(
      z.string(),
      z.object({ acc: z.number(), both: z.number(), consistent: z.number(), p_first: z.number() }),
    ),
    swap_filter_kept_and_acc: z.record(z.string(), z.tuple([z.number(), z.number()])),
  }),
});

/** The known answers. */
export function aggregationGolden(): z.infer<typeof schema> {
  return schema.parse(JSON.parse(readFileSync(goldenFile(AGGREGATION_GOLDEN), 'utf8')));
}
