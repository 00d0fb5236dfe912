import { availableParallelism } from 'node:os';
import { compileJudges, type JudgesOptions } from '../../../core/config/judges-options.js';
import { servingLocale } from '../../../core/domain/locale.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { askedCriteria } from '../../../reward/judge/criteria-judge.js';
import { checkAskedJudges } from '../../judges/asked-judges.js';
import { fitControlJudges } from '../../pipeline/control-judges.js';
import { membersOf, rubricsOf } from '../../pipeline/run-rubrics.js';
import { formatDuration } from '../../terminal/format-duration.js';
import type { CommandResult, Session } from '../session.js';
import { estimateRun, MEASURED_RATES, type RunEstimate } from './estimate-run.js';
import { judgeEndpoint } from './judge-endpoint.js';
import type { LoopPlace } from './loop-request.js';
import { readCheckedInputs } from './read-checked-inputs.js';

/** Rules, the learned judge and the simulated position-biased one. */
const LOCAL_JUDGES = 3;
/** Counterbalanced, one pair in ten is asked in both orders. */
const MEAN_ORDERS = { both: 2, counterbalanced: 1.1 } as const;

/** Checks every input and says what the run would take; nothing is started, asked or written. */
export async function dryRun(
  place: Omit<LoopPlace, 'workspace'>,
  { environment }: Pick<Session, 'environment'>,
): Promise<CommandResult> {
  const endpoint = await judgeEndpoint(place, environment);
  const { inputs, algorithm, rubrics: named } = await readCheckedInputs(place.runFile, place.prompts);
  const { config, prompts, heldOutPrompts, locales } = inputs;
  const rubrics = membersOf(named).map(({ locale, rubric }) => {
    const tags = locales.map((served) => served.locale);
    const own = prompts.filter((prompt) => servingLocale(prompt.locale, tags) === locale);
    return { rubric, share: own.length / prompts.length };
  });
  const judges = compileJudges(config.judges);
  fitControlJudges(inputs, rubricsOf(named));
  const served = await checkAskedJudges({ judges, runFile: place.runFile });
  const characters = prompts.reduce((sum, { text }) => sum + text.length, 0);
  const estimate = estimateRun({
    config,
    algorithm,
    prompts: prompts.length,
    heldOutPrompts: heldOutPrompts.length,
    promptCharacters: characters / prompts.length,
    rubrics: rubrics.length,
    rubricsPerPair: rubrics.reduce((sum, { share }) => sum + share, 0),
    localJudges: LOCAL_JUDGES,
    askedJudges: endpoint === undefined ? served : 1,
    questions: questionsOf(rubrics, judges),
    workers: place.workers,
    cores: availableParallelism(),
  });
  const { compute, ...counts } = estimate;
  return {
    json: { runFile: place.runFile, ...counts, ...compute, rates: MEASURED_RATES },
    text: toText(estimate),
  };
}

/** A rubric, and the share of the prompts that are in its locale. */
interface SharedRubric {
  readonly rubric: Rubric;
  readonly share: number;
}

function questionsOf(rubrics: readonly SharedRubric[], { asks, orders }: JudgesOptions): number {
  const each = rubrics.map(
    ({ rubric, share }) => share * (asks === 'rubric' ? 1 : askedCriteria(rubric).length),
  );
  return each.reduce((sum, count) => sum + count, 0) * MEAN_ORDERS[orders];
}

function toText(estimate: RunEstimate): string {
  const { tasks, answers, pairs, judgeCalls, endpointCalls, compute } = estimate;
  return [
    `rollout tasks   ${number(tasks)} (${number(answers)} answers)`,
    `pairs           at most ${number(pairs)}`,
    `judge calls     at most ${number(judgeCalls)}, of them ${number(endpointCalls)} to language models`,
    ...(compute === undefined ? ELSEWHERE : computeLines(compute)),
  ].join('\n');
}

const ELSEWHERE = [
  '',
  'Memory and time are not estimated where the model, its trainer or its engine is not of Majlis itself.',
];

function computeLines({ parameters, memoryBytes, seconds }: NonNullable<RunEstimate['compute']>): string[] {
  const { sampled, trained, scored } = MEASURED_RATES;
  return [
    `model           ${number(parameters)} parameters`,
    `memory          about ${number(memoryBytes / 1e6)} MB`,
    `time            about ${formatDuration(seconds * 1000)}, without the language models' own`,
    '',
    'Memory and time are estimates from above: every answer is taken to be as long as it may be, and the work is',
    `priced at ${number(sampled)} tokens sampled, ${number(trained)} trained and ${number(scored)} scored per second and`,
    'thread, as measured on a two-core machine with a model of 930,000 parameters.',
  ];
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}
