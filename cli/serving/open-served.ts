import { servingLocale } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { rewardSetHash } from '../../reward/model/reward-model-hash.js';
import type { RewardModel, RewardScore } from '../../reward/model/reward-model.js';
import { rawReward, type LocaleScale } from '../../reward/model/reward-normalizer.js';
import { rubricSet } from '../../reward/rubric/rubric-set.js';
import type { ServedReward } from '../../reward/serving/served-rewards.js';
import type { LocaleSource, RewardSource } from '../../reward/serving/serving-config.js';
import { askedCriteria } from '../commands/rubric/rule-scorer.js';
import { openReward, type OpenedReward } from './open-reward.js';
import type { SourceContext } from './source-context.js';

/** A reward of one locale or of several, with what people and watches are told of it. */
export interface OpenedServed extends Pick<OpenedReward, 'files' | 'reward' | 'ready'> {
  readonly form: OpenedReward['form'] | 'several';
  readonly rubricId: string;
  /** Keys of criteria that count for nothing, since a judge would have to be asked and no model has learned them. */
  readonly unasked: readonly string[];
  /** β of each model; absent where its mean is paid. */
  readonly betas: readonly (number | undefined)[];
  /** What scores for each model; absent where this process does. */
  readonly trainers: readonly OpenedReward['trainer'][];
}

/** What pays in one of several locales. */
interface Member {
  readonly locale: Locale;
  readonly opened: OpenedReward;
}

/** Opens what a source names: one reward, or one for each locale as one. */
export async function openServed(
  { locales, ...source }: RewardSource,
  context: SourceContext,
): Promise<OpenedServed> {
  if (locales === undefined) {
    const { rubric, ...opened } = await openReward(source, context);
    return {
      ...opened,
      rubricId: rubric.id,
      betas: [source.beta],
      trainers: [opened.trainer],
      unasked: unaskedOf({ rubric, ...opened }),
    };
  }
  const members: Member[] = [];
  try {
    for (const [locale, own] of Object.entries<LocaleSource>(locales)) {
      const place = `${context.place}.locales.${locale}`;
      members.push({ locale, opened: await openReward(own, { ...context, place }) });
    }
    return joined(members, context);
  } catch (thrown) {
    await release(members);
    throw thrown;
  }
}

function unaskedOf({ form, rubric }: Pick<OpenedReward, 'form' | 'rubric'>): readonly string[] {
  return form === 'rules' ? askedCriteria(rubric) : [];
}

/** Named as a run on these locales names its reward: what it was trained by can be served after it. */
function joined(members: readonly Member[], context: SourceContext): OpenedServed {
  const set = rubricSet(members.map(({ locale, opened: { rubric } }) => ({ locale, rubric })));
  const ordered = set.members.map(({ locale }) => memberOf(members, locale));
  const hashes = ordered.map(({ locale, opened: { reward } }) => {
    return { locale, rewardModelHash: reward.model.hash };
  });
  const hash = ordered.length === 1 ? hashes[0].rewardModelHash : rewardSetHash(hashes);
  const reward: ServedReward = {
    model: routed(members, { hash, rubricHash: set.hash }),
    normalizer: new Map(members.map((member) => [member.locale, scaleOf(member, context)])),
    gate: (prompt, answer) => memberOf(members, prompt.locale).opened.reward.gate(prompt, answer),
    ...{ rubricHash: set.hash, locale: members[0].locale },
    release: () => release(members),
  };
  return {
    ...{ form: 'several', reward, files: members.flatMap(({ opened }) => opened.files) },
    unasked: members.flatMap(({ opened }) => unaskedOf(opened)),
    betas: ordered.map(({ opened }) => opened.reward.pessimismBeta),
    trainers: ordered.map(({ opened }) => opened.trainer),
    ready: async () => {
      for (const { opened } of members) await opened.ready?.();
    },
    rubricId: set.members.map(({ rubric }) => rubric.id).join('+'),
  };
}

/** Each answer is scored by the model of its prompt's locale; doubt is taken off here, by that one's own β. */
function routed(members: readonly Member[], names: Pick<RewardModel, 'hash' | 'rubricHash'>): RewardModel {
  return {
    ...names,
    answersAtOnce: Math.max(...members.map(({ opened }) => opened.reward.model.answersAtOnce ?? Infinity)),
    score: async (answers, signal) => {
      const outcomes: Outcome<RewardScore>[] = [];
      const paying = answers.map(({ prompt }) => memberOf(members, prompt.locale));
      for (const member of members) {
        const places = [...answers.keys()].filter((at) => paying[at] === member);
        if (places.length === 0) continue;
        const { model, pessimismBeta } = member.opened.reward;
        const scored = await model.score(
          places.map((at) => answers[at]),
          signal,
        );
        for (const [at, place] of places.entries()) outcomes[place] = withoutDoubt(scored[at], pessimismBeta);
      }
      return outcomes;
    },
  };
}

function withoutDoubt(outcome: Outcome<RewardScore>, beta: number | undefined): Outcome<RewardScore> {
  if (outcome.kind !== 'scored') return outcome;
  return { kind: 'scored', score: { ...outcome.score, mean: rawReward(outcome.score, beta) } };
}

function scaleOf({ locale, opened: { reward } }: Member, { file, place }: SourceContext): LocaleScale {
  const known = [...reward.normalizer.keys()];
  const scale = reward.normalizer.get(servingLocale(locale, known) ?? '');
  if (scale !== undefined) return scale;
  throw new BadInputError({
    ...{ source: file, place: `${place}.locales.${locale}` },
    found: `a reward that was measured in ${known.join(', ')}`,
    allowed: `a reward for ${locale}`,
  });
}

function memberOf(members: readonly Member[], tag: Locale): Member {
  const serving = servingLocale(
    tag,
    members.map(({ locale }) => locale),
  );
  const found = members.find(({ locale }) => locale === serving);
  if (found !== undefined) return found;
  throw new MajlisError(`No reward is served for ${tag}.`, { code: 'failed_precondition' });
}

async function release(members: readonly Member[]): Promise<void> {
  for (const { opened } of members) await opened.reward.release?.();
}
