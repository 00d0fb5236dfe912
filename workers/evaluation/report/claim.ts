import { armsOf } from './figure-rows.js';
import type { ReportData } from './report-data.js';
import { formatInterval } from './format-figure.js';

/** The claim in one or two sentences, with its interval; it says so where the interval includes zero. */
export function claimOf(data: ReportData): string {
  const [name] = armsOf(data);
  const steered = name === undefined ? undefined : data.arms[name];
  if (steered === undefined) return 'No arm was evaluated.';
  const rubric = data.startedUnder.join(' and ');
  const wins =
    `Under ${rubric}, judged by ${data.feedbackSource}, the policy beats its SFT checkpoint on ` +
    `${formatInterval(steered.winRate, 'percent')} of held-out prompts by the control judge`;
  const difference = steered.winRateMinusPlacebo;
  if (difference === undefined)
    return `${wins}. No placebo ran, so this alone does not show that the rubric did it.`;
  return (
    `${wins}; against the same training on shuffled preferences the difference is ` +
    `${formatInterval(difference, 'percent')}, which ${difference.low > 0 ? 'excludes zero' : 'does not exclude zero'}.`
  );
}

/** What this experiment shows, and what it does not. */
export function limitsOf({ modelDirectory }: Pick<ReportData, 'modelDirectory'>): string {
  return modelDirectory === undefined
    ? `The policy is a small, template-like language model trained on a corpus written for this example. ${SHOWN}, or what a large model would do.`
    : `The policy began as the model in ${modelDirectory}. ${SHOWN}, or what another model would do.`;
}

const SHOWN =
  'The figures test whether the loop steers a policy by the rubric it is given, and by nothing else. They do not show that ' +
  'the rubric is right, that the answers are useful';
