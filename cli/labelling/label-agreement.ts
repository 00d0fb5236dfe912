import { cohenKappa } from '../../core/math/agreement.js';
import { krippendorffAlpha } from '../../core/math/krippendorff-alpha.js';
import { labelChoice, type LabelChoice, type LabelLine } from './label-line.js';

/** A share as counts, so that nobody divides by zero. */
export interface Tally {
  readonly same: number;
  readonly of: number;
}

/** What one person has labelled. `consistency` is over the pairs that they saw in both orders. */
export interface AnnotatorSummary {
  readonly name: string;
  readonly pairs: number;
  readonly consistency: Tally;
}

/** How two people agree on the pairs that both labelled; κ is absent where it is undefined. */
export interface KappaOfTwo {
  readonly annotators: readonly [string, string];
  readonly raw: Tally;
  readonly kappa?: number;
}

export interface LabelAgreement {
  readonly annotators: readonly AnnotatorSummary[];
  readonly twos: readonly KappaOfTwo[];
  /** Krippendorff's α (nominal: first, second, tie) over all annotators; absent where it is undefined. */
  readonly alpha?: number;
}

/** A person's first answer to each pair: the one they gave before anything could remind them. */
type FirstAnswers = ReadonlyMap<string, LabelChoice>;

/** How far people agree with each other and with themselves. Order of the labels is order of time. */
export function labelAgreement(labels: readonly LabelLine[]): LabelAgreement {
  const byName = new Map<string, LabelLine[]>();
  for (const label of labels) byName.set(label.annotator, [...(byName.get(label.annotator) ?? []), label]);
  const names = [...byName.keys()].sort();
  const answers = new Map(names.map((name) => [name, firstAnswers(byName.get(name) ?? [])]));
  const twos = names.flatMap((one, at) =>
    names.slice(at + 1).map((other) => agreementOfTwo([one, other], answers)),
  );
  const alpha = krippendorffAlpha(unitsOf([...answers.values()]));
  return {
    annotators: names.map((name) => summarise(name, byName.get(name) ?? [])),
    twos: twos.filter(({ raw }) => raw.of > 0),
    ...(alpha === undefined ? {} : { alpha }),
  };
}

function firstAnswers(labels: readonly LabelLine[]): FirstAnswers {
  const answers = new Map<string, LabelChoice>();
  for (const { pair, choice } of labels) if (!answers.has(pair)) answers.set(pair, choice);
  return answers;
}

function summarise(name: string, labels: readonly LabelLine[]): AnnotatorSummary {
  const first = firstAnswers(labels);
  const last = new Map(labels.map(({ pair, choice }) => [pair, choice]));
  const counts = new Map<string, number>();
  for (const { pair } of labels) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  const twice = [...counts].flatMap(([pair, count]) => (count > 1 ? [pair] : []));
  const same = twice.filter((pair) => first.get(pair) === last.get(pair)).length;
  return { name, pairs: first.size, consistency: { same, of: twice.length } };
}

function agreementOfTwo(
  annotators: readonly [string, string],
  answers: ReadonlyMap<string, FirstAnswers>,
): KappaOfTwo {
  const [one, other] = annotators.map((name) => answers.get(name) ?? new Map<string, LabelChoice>());
  const table = labelChoice.options.map(() => labelChoice.options.map(() => 0));
  for (const [pair, choice] of one) {
    const otherChoice = other.get(pair);
    if (otherChoice === undefined) continue;
    table[labelChoice.options.indexOf(choice)][labelChoice.options.indexOf(otherChoice)] += 1;
  }
  const kappa = cohenKappa(table);
  return {
    annotators,
    raw: {
      same: table.reduce((sum, row, category) => sum + row[category], 0),
      of: table.flat().reduce((sum, count) => sum + count, 0),
    },
    ...(kappa === undefined ? {} : { kappa }),
  };
}

function unitsOf(answers: readonly FirstAnswers[]): LabelChoice[][] {
  const units = new Map<string, LabelChoice[]>();
  for (const ofOne of answers) {
    for (const [pair, choice] of ofOne) units.set(pair, [...(units.get(pair) ?? []), choice]);
  }
  return [...units.values()];
}
