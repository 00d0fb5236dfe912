/**
 * A run's first and last policy on question sets that the run did not see. Both are asked the same questions, and answers are
 * drawn from the same streams, so that differences are paired; each has an interval over questions, and one whose interval
 * holds no difference says so.
 */
import { compileJudges } from '../../../core/config/judges-options.js';
import { localesOf } from '../../../core/config/run-locales.js';
import type { PolicyVersion } from '../../../core/domain/policy.js';
import { servingLocale } from '../../../core/domain/locale.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import { pairedBootstrap } from '../../../core/math/paired-bootstrap.js';
import { createRng, type Rng } from '../../../core/math/rng.js';
import { point } from '../../../workers/evaluation/control-judge.js';
import { openAskedJudges } from '../../judges/asked-judges.js';
import { judgeAllPairs } from '../../pipeline/judged-pairs.js';
import { armRunId } from '../../pipeline/enter-run.js';
import { readPrompts } from '../../pipeline/read-prompts.js';
import { readRunInputs, withSeed, type RunInputs } from '../../pipeline/run-inputs.js';
import { findRunRecord, type FoundRun } from '../../pipeline/run-record.js';
import { loadRunRubrics } from '../../pipeline/run-rubrics.js';
import { withRunPorts } from '../../pipeline/run-ports.js';
import { sampleAnswers } from '../../pipeline/sample-answers.js';
import { baseModel, checkpointFolder, type BaseModel } from '../../pipeline/supervised-checkpoint.js';
import { openWorkspace, type Workspace } from '../../pipeline/workspace.js';
import { judgeEndpoint } from '../run/judge-endpoint.js';
import { placesOf, type LoopOptions } from '../run/loop-options.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { measureText } from './measure-text.js';
import type { Measures } from './measures.js';
import { choicePoints, readChoices } from './yes-no-set.js';

export interface MeasureOptions extends Pick<
  LoopOptions,
  'trainer' | 'engine' | 'judge' | 'judgeModel' | 'judgeKeyFile'
> {
  readonly run: string;
  readonly workspace: string;
  readonly choices?: string;
  readonly instruction: string;
  readonly prompts?: string;
  /** Questions of each set that are asked, drawn by the run's seed; all unless told. */
  readonly sample?: number;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;
const TRAINER_THREADS = 2;
const CALL = { run: 'measure', epoch: 1 };

/** Measures a run's policies; nothing of the run is changed. */
export async function runMeasure(options: MeasureOptions, session: Session): Promise<CommandResult> {
  if (options.choices === undefined && options.prompts === undefined) {
    const allowed = '--choices FILE, --prompts FILE, or both';
    throw new BadInputError({ source: 'measure', found: 'no question set', allowed });
  }
  const found = await findRunRecord(options.workspace, options.run);
  const { runFile, seed } = found.record;
  const inputs = withSeed(await readRunInputs(runFile), seed);
  const workspace = await openWorkspace(options.workspace, TRAINER_THREADS);
  try {
    const { signal } = session;
    const places = { config: inputs.config, runFile, signal, ...placesOf({ workers: 1, ...options }) };
    const measures = await withRunPorts(workspace, places, async (lent) => {
      const base = await baseModel(inputs, checkpointFolder(found.directory));
      const policies = await policiesOf(lent, found);
      const measure = new Measure({ workspace: lent, inputs, found, base, policies, options, session });
      return { run: found.id, ...(await measure.choices()), ...(await measure.answers()) };
    });
    return { json: measures, text: measureText(measures) };
  } finally {
    await workspace.close();
  }
}

interface Compared {
  readonly before: PolicyVersion;
  readonly after: PolicyVersion;
}

async function policiesOf({ ledger }: Workspace, { id, record }: FoundRun): Promise<Compared> {
  const versions = await ledger.policyVersions(armRunId(id, record.arms, record.arms[0]));
  const [before, after] = [versions.at(0), versions.at(-1)];
  if (before !== undefined && after !== undefined && before !== after) return { before, after };
  const message = `run ${id} has published no policy after its first, so there is nothing to measure`;
  throw new MajlisError(message, { code: 'failed_precondition' });
}

class Measure {
  private readonly rng: Rng;

  constructor(
    private readonly parts: {
      readonly workspace: Workspace;
      readonly inputs: RunInputs;
      readonly found: FoundRun;
      readonly base: BaseModel;
      readonly policies: Compared;
      readonly options: MeasureOptions;
      readonly session: Session;
    },
  ) {
    this.rng = createRng(parts.inputs.config.seed).fork('measure');
  }

  async choices(): Promise<Pick<Measures, 'choices'>> {
    const { options, policies } = this.parts;
    if (options.choices === undefined) return {};
    const { questions, options: allowed } = await readChoices(options.choices);
    const asked = this.sampled(questions, 'choices');
    const points = async (stage: string, { location }: PolicyVersion): Promise<Float64Array> =>
      choicePoints(asked, allowed, { ...this.choiceModel(stage, asked.length), location });
    const [before, after] = [
      await points('choices before', policies.before),
      await points('choices after', policies.after),
    ];
    const rng = this.rng.fork('choices/intervals');
    const difference = after.map((value, at) => value - before[at]);
    return {
      choices: {
        before: interval(before, rng.fork('before')),
        after: interval(after, rng.fork('after')),
        difference: interval(difference, rng.fork('difference')),
      },
    };
  }

  async answers(): Promise<Pick<Measures, 'answers'>> {
    const { options, policies, inputs } = this.parts;
    if (options.prompts === undefined) return {};
    const locales = localesOf(inputs.config).map(({ locale }) => locale);
    const prompts = this.sampled(await readPrompts(options.prompts, locales), 'prompts');
    const { base } = this.parts;
    const longest = inputs.config.model.contextLength - inputs.config.sampling.maxNewTokens;
    const tokenized = prompts.map((prompt) => base.tokenizer.tokenizePrompt(prompt, longest));
    const texts = async (stage: string, policy: PolicyVersion): Promise<string[]> => {
      const [engine] = await this.parts.workspace.engines(1);
      const sampling = { ...inputs.config.sampling, stopTokenIds: base.tokenizer.stopTokenIds };
      const plan = { policy, samples: 1, sampling, rng: this.rng.fork('answers') };
      const means = { engines: [engine], tokenizer: base.tokenizer };
      const sampled = await sampleAnswers(tokenized, plan, means, this.progress(stage, prompts.length));
      await this.parts.workspace.closeEngines([engine]);
      return sampled.map(({ answers: [answer] }) => answer.text);
    };
    const before = await texts('answers before', policies.before);
    const after = await texts('answers after', policies.after);
    const pairs = prompts.map((prompt, at) => ({
      ...{ id: `measure-${prompt.id}`, prompt, first: after[at], second: before[at] },
    }));
    const wins = await this.judged(pairs);
    const difference = Float64Array.from(wins, (win) => win - 0.5);
    return { answers: { difference: interval(difference, this.rng.fork('answers/interval')) } };
  }

  /** Points of the later policy by the run's own judges, each locale's under its rubric; equal answers are a tie. [prompt] */
  private async judged(pairs: Parameters<typeof judgeAllPairs>[1]): Promise<number[]> {
    const { inputs, found, options, session, workspace } = this.parts;
    const { runFile } = found.record;
    const endpoint = await judgeEndpoint(options, session.environment);
    const judges = compileJudges(inputs.config.judges);
    const asked = await openAskedJudges({
      ...{ judges, runFile, workspace: workspace.folder, run: found.id, clock: session.clock },
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    const points = new Map<string, number>();
    try {
      const rubrics = await loadRunRubrics(runFile, inputs);
      for (const { locale, rubric } of rubrics.first.members) {
        const own = inputs.locales.find((one) => one.locale === locale);
        const tags = inputs.locales.map((one) => one.locale);
        const theirs = pairs.filter(({ prompt }) => servingLocale(prompt.locale, tags) === locale);
        if (own === undefined || theirs.length === 0) continue;
        const { seed } = inputs.config;
        const panel = { rubric, profile: own.profile, gold: inputs.goldPairs, asked, judges, seed };
        const onProgress = this.progress(`judging ${rubric.id}`, theirs.length);
        const judged = await judgeAllPairs(panel, theirs, { signal: session.signal, onProgress });
        for (const { pair, probabilityFirst } of judged.aggregate.preferences) {
          points.set(pair.id, point(probabilityFirst));
        }
      }
    } finally {
      await asked.close();
    }
    const scored = pairs.flatMap(({ id }) => points.get(id) ?? []);
    if (scored.length > 0) return scored;
    throw new MajlisError('No judge compared any two answers.', { code: 'failed_precondition' });
  }

  private choiceModel(stage: string, all: number): Omit<Parameters<typeof choicePoints>[2], 'location'> {
    const { base, options, session, workspace } = this.parts;
    const { trainer } = workspace;
    const { tokenizer } = base;
    const { instruction } = options;
    const onDone = this.progress(stage, all);
    return { trainer, call: CALL, tokenizer, instruction, signal: session.signal, onDone };
  }

  private sampled<One>(all: readonly One[], set: string): readonly One[] {
    const { sample = all.length } = this.parts.options;
    return this.rng.fork(`sample/${set}`).shuffle(all).slice(0, sample);
  }

  private progress(stage: string, all: number): (done: number) => void {
    const show = stoppableProgress(this.parts.session);
    return (done) => show({ stage, done, all, unit: 'questions' });
  }
}

function interval(differences: Float64Array, rng: Rng): IntervalEstimate {
  return pairedBootstrap({ differences, resamples: RESAMPLES, rng, level: LEVEL });
}
