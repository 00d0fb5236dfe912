import { dirname, resolve } from 'node:path';
import type { Rubric } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import type { ScoreItem } from '../../core/scorer/scorer.js';
import { readAnswers } from '../../reward/model/read-answers.js';
import type { RewardNormalizer } from '../../reward/model/reward-normalizer.js';
import { calibrateReward } from '../../reward/scorer/reward-model-scorer.js';
import { createRubricGate } from '../../reward/scorer/veto-gate.js';
import type { ServedReward } from '../../reward/serving/served-rewards.js';
import type { LocaleSource } from '../../reward/serving/serving-config.js';
import { readRewardDescription } from '../pipeline/reward-store.js';
import { rubricFile } from '../pipeline/rubric-file.js';
import { openLightParts } from './open-light-parts.js';
import { openNetworkParts } from './open-network-parts.js';
import { openRuleParts } from './open-rule-parts.js';
import type { RewardParts } from './reward-parts.js';
import type { SourceContext } from './source-context.js';

/** A reward that is ready to be served, with what people and watches are told of it. */
export interface OpenedReward extends Pick<RewardParts, 'form' | 'files' | 'rubric' | 'ready' | 'trainer'> {
  readonly reward: ServedReward;
}

/** Opens what a source names; one that cannot be served is a BadInputError, a damaged folder is `data_loss`. */
export async function openReward(source: LocaleSource, context: SourceContext): Promise<OpenedReward> {
  const parts = await openParts(source, context);
  try {
    const { form, rubric, files, ready, release, trainer } = parts;
    const normalizer = await normalizerOf(parts, source, context);
    return {
      ...{ form, rubric },
      ...(ready === undefined ? {} : { ready }),
      ...(trainer === undefined ? {} : { trainer }),
      files: [...files, ...(source.references === undefined ? [] : [beside(context, source.references)])],
      reward: {
        ...scoring(parts, source),
        ...{ rubricHash: rubric.hash, locale: rubric.locale, normalizer },
        ...(release === undefined ? {} : { release }),
      },
    };
  } catch (thrown) {
    await parts.release?.();
    throw thrown;
  }
}

async function openParts(source: LocaleSource, context: SourceContext): Promise<RewardParts> {
  const { rubric, model, beta } = source;
  const named = rubric === undefined ? undefined : await openRuleParts(rubricFile(rubric, context.file));
  if (model === undefined) {
    if (named !== undefined) return withoutTrainer(named, source, context);
    throw new BadInputError({
      ...{ source: context.file, place: context.place },
      ...{ found: 'neither rubric nor model', allowed: 'a rubric, a model, or both' },
    });
  }
  const folder = beside(context, model);
  const description = await readRewardDescription(folder);
  const parts =
    description?.form === 'light' || description === undefined
      ? withoutTrainer(
          await openLightParts(folder, description, { paysMean: beta === undefined }),
          source,
          context,
        )
      : await openNetworkParts(folder, description, source, context);
  if (named === undefined) return parts;
  await requireSameRubric(named.rubric, parts, context);
  return { ...parts, files: [...parts.files, ...named.files] };
}

/** What scores in this process has no use for the trainer that its source names. */
function withoutTrainer(parts: RewardParts, { trainer }: LocaleSource, context: SourceContext): RewardParts {
  if (trainer === undefined) return parts;
  const kind = parts.form === 'rules' ? "a rubric's rules" : 'a light model';
  throw new BadInputError({
    source: context.file,
    place: `${context.place}.trainer`,
    found: `a trainer at ${trainer.torch.address} for ${kind}`,
    allowed: 'none: this process scores by it',
  });
}

async function requireSameRubric(named: Rubric, parts: RewardParts, context: SourceContext): Promise<void> {
  const { rubric, model, release } = parts;
  if (named.hash === rubric.hash) return;
  await release?.();
  throw new BadInputError({
    source: context.file,
    place: `${context.place}.rubric`,
    found: `rubric ${named.id} (${named.hash})`,
    allowed: `rubric ${rubric.id} (${rubric.hash}), by which reward model ${model.hash} learned`,
  });
}

function scoring(
  { rubric, profile, model }: RewardParts,
  { beta }: LocaleSource,
): Pick<ServedReward, 'model' | 'gate' | 'pessimismBeta'> {
  const gate = createRubricGate(rubric, profile);
  return { model, gate, ...(beta === undefined ? {} : { pessimismBeta: beta }) };
}

async function normalizerOf(
  parts: RewardParts,
  source: LocaleSource,
  context: SourceContext,
): Promise<RewardNormalizer> {
  const { normalizer, isMeasured, rubric } = parts;
  if (source.references === undefined) return normalizer;
  if (isMeasured) {
    throw new BadInputError({
      source: context.file,
      place: `${context.place}.references`,
      found: 'references for a reward of a run',
      allowed: 'none: it is centred and scaled as the run measured it',
    });
  }
  const items: ScoreItem[] = [];
  for await (const { prompt, answer } of readAnswers(beside(context, source.references), rubric.locale)) {
    items.push({ prompt, promptTokenIds: [], answers: [{ text: answer, tokenIds: [] }] });
  }
  return calibrateReward(scoring(parts, source), items, { locales: [...normalizer.keys()] });
}

function beside({ file }: SourceContext, path: string): string {
  return resolve(dirname(file), path);
}
