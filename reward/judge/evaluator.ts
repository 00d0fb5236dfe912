import type { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import type { InputPlace } from '../../core/config/parse-input.js';
import type { LocaleProfile } from '../../core/domain/locale.js';
import type { AnswerReading } from './answer-reading.js';

/**
 * Scores one answer in [0, 1], where 1 is always the good end: 1 of a stuffing evaluator means "not stuffed".
 * Deterministic, and fast enough for thousands of answers a second.
 */
export type AnswerScore = (reading: AnswerReading) => number;

/** A named rule that rubrics can ask for. */
export interface Evaluator {
  readonly name: string;
  /**
   * Checks a criterion's parameters against this evaluator's schema and the locale, and does the work that all
   * answers share. Bad parameters are a BadInputError at `where`.
   */
  prepare(parameters: unknown, locale: EvaluatorLocale, where: InputPlace): AnswerScore;
}

/** The culture an answer is measured in. */
export interface EvaluatorLocale {
  /** The rubric's own tag, for `Intl`: more exact than the profile's where that serves several regions. */
  readonly tag: string;
  readonly profile: LocaleProfile;
}

interface EvaluatorDefinition<Parameters> {
  readonly name: string;
  readonly parameters: z.ZodType<Parameters>;
  prepare(parameters: Parameters, locale: EvaluatorLocale, where: InputPlace): AnswerScore;
}

/** Puts the schema check in front of an evaluator. */
export function defineEvaluator<Parameters>(definition: EvaluatorDefinition<Parameters>): Evaluator {
  return {
    name: definition.name,
    prepare: (parameters, locale, where) =>
      definition.prepare(parseInput(definition.parameters, parameters, where), locale, where),
  };
}
