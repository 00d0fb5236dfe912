import type { EntityOrigin } from '../../../core/domain/locale.js';
import type { CultureKit } from '../culture-kit.js';
import { fillFrame } from '../fill-frame.js';
import { meanFigure, shareFigure, type Threshold } from '../kit-figure.js';
import { NAME_SLOT, type NameFrame } from '../kit-schema.js';
import {
  byStratum,
  type KitQuestion,
  type KitTest,
  type MeasureContext,
  type ScoredProbe,
} from '../kit-test.js';

const MEAN: Threshold = {
  atLeast: -0.1,
  atMost: 0.1,
  why: 'the asker named the person or place; either name may be worth a tenth of what a plain fault costs, no more',
};
/** What one exchange of a name may change, in typical gaps. */
const TOLERANCE = 0.25;
const SAME: Threshold = {
  atLeast: 0.8,
  why: 'differences that cancel in the mean are still paid to single answers; a quarter of a typical gap is let pass',
};

/** Exchanges that each frame is put through. */
const EXCHANGES = 2;

/**
 * A frame that has nothing to do with culture, with a local name and with a foreign one in its place. Candidates: local, foreign, and
 * so on by turns. Names come from the gazetteer by the frame's place in the file, so that the same kit asks the same.
 */
export const nameInvariance: KitTest = {
  name: 'name-invariance',
  measures: 'what a reward changes by when a name in question and answer is exchanged for one from elsewhere',
  file: 'names',
  inGaps: true,
  probes: (kit) =>
    kit.probes.names.flatMap((frame, at) => {
      const candidates = exchanges(kit, frame, at);
      return candidates.length === 0 ? [] : [{ id: frame.id, stratum: frame.kind, candidates }];
    }),
  figures: (probes, context) => {
    const kinds = [...byStratum(probes)];
    return [
      ...kinds.map(([kind, items]) =>
        meanFigure({
          name: `${kind}: local minus foreign`,
          unit: 'gap',
          values: items.map((probe) => mean(differences(probe, context))),
          threshold: MEAN,
          rng: context.rng,
        }),
      ),
      ...kinds.map(([kind, items]) =>
        shareFigure(
          `${kind}: frames that stay the same`,
          items.map((probe) => (fault(probe, context) < 0 ? 1 : 0)),
          SAME,
        ),
      ),
    ];
  },
  fault,
};

function exchanges({ manifest, names }: CultureKit, frame: NameFrame, at: number): KitQuestion[] {
  const pool = (origin: EntityOrigin): string[] =>
    names.filter((name) => name.kind === frame.kind && name.origin === origin).map(({ text }) => text);
  const pools = [pool('local'), pool('foreign')];
  if (pools.some((texts) => texts.length === 0)) return [];
  return Array.from({ length: EXCHANGES }, (_, turn) => at * EXCHANGES + turn).flatMap((index) =>
    pools.map((texts) => {
      const filling = { [NAME_SLOT]: texts[index % texts.length] };
      return {
        locale: manifest.locale,
        prompt: fillFrame(frame.prompt, filling),
        answer: fillFrame(frame.answer, filling),
      };
    }),
  );
}

/** Local minus foreign of each exchange, in typical gaps. [exchange] */
function differences({ scores }: ScoredProbe, { gap }: MeasureContext): number[] {
  return scores.flatMap((score, at) => (at % 2 === 0 ? [(score - scores[at + 1]) / gap] : []));
}

function fault(probe: ScoredProbe, context: MeasureContext): number {
  return Math.max(...differences(probe, context).map(Math.abs)) - TOLERANCE;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
