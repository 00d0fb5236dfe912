/**
 * Telling words apart. Where a language writes no spaces, ICU's word list does it (`Intl.Segmenter`): the same text is cut
 * the same way by the same version of ICU (`process.versions.icu`), and may be cut differently by another.
 */
import type { LocaleProfile } from './locale.js';

/** A word and where it begins, in UTF-16 units. */
export interface WordSpan {
  readonly text: string;
  readonly start: number;
}

/** What telling words apart depends on. */
export type WordProfile = Pick<LocaleProfile, 'locale' | 'segmentation'>;

/**
 * What ICU is given at a time. Every segment that Intl returns holds a copy of the whole text, so that a long text at once
 * would take memory by its square. No word spans a space or an ideographic stop, and no ordinary stretch is as long.
 */
const STRETCH = /[^\s。、！？]{1,500}/gu;
const RUN = /[\p{L}\p{M}\p{N}]+/gu;
const segmenters = new Map<string, Intl.Segmenter>();

/** A text that was cut. */
interface CutText {
  readonly text: string;
  /** What tells words apart: a locale's word list, or nothing but the characters. */
  readonly list: string | undefined;
  readonly words: readonly WordSpan[];
}

/** The newest cuts: the rules of a rubric ask for the words of one answer and its prompt many times over. */
const newest: CutText[] = [];
const MOST_KEPT = 6;
/** Longer texts are cut again rather than kept. */
const LONGEST_KEPT = 20_000;

/** The words of a text in order: runs of letters, marks and digits, or what ICU's word list makes of the text. */
export function wordSpans(text: string, { locale, segmentation }: WordProfile): readonly WordSpan[] {
  const list = segmentation === undefined ? undefined : locale;
  const known = newest.find((cut) => cut.text === text && cut.list === list);
  if (known !== undefined) return known.words;
  const words = cutWords(text, { locale, segmentation });
  if (text.length > LONGEST_KEPT) return words;
  if (newest.length === MOST_KEPT) newest.pop();
  newest.unshift({ text, list, words });
  return words;
}

function cutWords(
  text: string,
  {
    locale,
    segmentation,
  }: { readonly locale: string; readonly segmentation: WordProfile['segmentation'] | undefined },
): WordSpan[] {
  if (segmentation === undefined) {
    return Array.from(text.matchAll(RUN), (run) => ({ text: run[0], start: run.index }));
  }
  const segmenter = segmenterFor(locale);
  return Array.from(text.matchAll(STRETCH)).flatMap((stretch) =>
    Array.from(segmenter.segment(stretch[0]))
      .filter(({ isWordLike }) => isWordLike === true)
      .map(({ segment, index }) => ({ text: segment, start: stretch.index + index })),
  );
}

function segmenterFor(locale: string): Intl.Segmenter {
  const known = segmenters.get(locale);
  if (known !== undefined) return known;
  const segmenter = new Intl.Segmenter(locale, { granularity: 'word' });
  segmenters.set(locale, segmenter);
  return segmenter;
}
