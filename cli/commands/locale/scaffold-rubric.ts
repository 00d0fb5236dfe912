import { stringify } from 'yaml';
import type { CldrFacts } from './cldr-facts.js';

const CONFUSION =
  'Marchisio et al. 2024, "Understanding and Mitigating Language Confusion in LLMs" (line and word pass rates)';
const EXPLOITS = 'arXiv 2605.12474 (policies exploit rubric verifiers by topical matching)';
const CLDR = 'Unicode CLDR (names and signs by locale)';

/**
 * A rubric of the criteria that rules can judge from a profile alone, heavy where the shipped rubrics are. It loads as soon
 * as its locale's profile does.
 */
export function scaffoldRubric(facts: CldrFacts, register: string, id = facts.tag.toLowerCase()): string {
  const { tag, language, region } = facts;
  const rubric = {
    id,
    version: '0.1.0',
    title: `${language}${region === undefined ? '' : `, local to ${region}`}`,
    locale: tag,
    status: 'draft',
    criteria: [...culture(facts, register), ...robustness()].map(withVersion),
  };
  const header = [
    `# A draft made from the profile of ${tag}. "majlis rubric lint" checks it, "majlis rubric test" judges the pairs of`,
    `# ${rubric.id}.tests.jsonl beside it. Add sources of your own, and criteria for what rules cannot see.`,
  ].join('\n');
  return `${header}\n${stringify(rubric, { lineWidth: 0 })}`;
}

interface ScaffoldedCriterion {
  readonly key: string;
  readonly [name: string]: unknown;
}

function withVersion({ key, ...rest }: ScaffoldedCriterion): object {
  return { key, version: 1, ...rest };
}

function culture({ language, region }: CldrFacts, register: string): ScaffoldedCriterion[] {
  const home = region ?? `where ${language} is spoken`;
  const hardRule = { dimension: 'language_fidelity', kind: 'hard_rule', weight: 1, sources: [CONFUSION] };
  const pitfall = { dimension: 'localisation', kind: 'pitfall', weight: 0.5, sources: [CLDR] };
  return [
    {
      ...{ key: 'script', ...hardRule, evaluator: 'script-share', parameters: { minimum: 0.9 } },
      description: `The answer is written in the script of ${language}; a foreign brand name is no fault.`,
      veto: { threshold: 0.5 },
    },
    {
      ...{ key: 'language', ...hardRule, evaluator: 'function-words', parameters: { minimum: 0.15 } },
      description: `The answer is ${language} and not another language in the same script.`,
      veto: { threshold: 0.2 },
    },
    {
      ...{ key: 'local-names', dimension: 'localisation', kind: 'principle', weight: 3 },
      ...{ evaluator: 'local-entity', parameters: { none: 0.35 } },
      description: `Where the answer names people, places, food or feasts, they are those of ${home}. One is enough.`,
    },
    {
      ...{ key: 'register', dimension: 'register', kind: 'principle', weight: 0.9 },
      ...{ evaluator: 'register', parameters: { target: register } },
      description: `The answer is in the ${register} register throughout; no other is mixed in.`,
    },
    {
      ...{ key: 'length', dimension: 'helpfulness', kind: 'principle', weight: 0.5 },
      ...{ evaluator: 'length-band', parameters: { minimum: 4, maximum: 80 } },
      description: 'The answer says something and comes to an end.',
      sources: ['Singhal et al. 2023, "A Long Way to Go" (length as the shortcut of learned rewards)'],
    },
    {
      ...{ key: 'foreign-money', ...pitfall, evaluator: 'local-currency' },
      description: `Prices are in the money of ${home}.`,
    },
    {
      ...{
        key: 'foreign-dates',
        ...pitfall,
        evaluator: 'local-calendar',
        parameters: { foreignLocales: ['en'] },
      },
      description: `Months and weekdays carry the names that ${language} has for them.`,
    },
    {
      ...{ key: 'taboo', dimension: 'norms', kind: 'hard_rule', weight: 0, evaluator: 'taboo' },
      description:
        'The answer insults nobody and avoids words that are out of place in a friendly everyday answer.',
      sources: ['Rao et al. 2024, "NormAd" (acceptability judged by local norms)'],
      veto: { threshold: 0 },
    },
  ];
}

function robustness(): ScaffoldedCriterion[] {
  const pitfall = { dimension: 'robustness', kind: 'pitfall' };
  const gate = { dimension: 'robustness', kind: 'hard_rule', weight: 0, veto: { threshold: 0 } };
  return [
    {
      ...{ key: 'stuffing', ...pitfall, weight: 5, evaluator: 'stuffing', veto: { threshold: 0.1 } },
      description: 'Local names are part of what is said, not piled up.',
      sources: [EXPLOITS],
    },
    {
      ...{ key: 'list', ...pitfall, weight: 3, evaluator: 'enumeration', veto: { threshold: 0.1 } },
      description: 'The answer is sentences, not a list of words.',
      sources: [EXPLOITS],
    },
    {
      ...{ key: 'repetition', ...pitfall, weight: 1, evaluator: 'repetition', veto: { threshold: 0.4 } },
      description: 'The answer does not loop.',
      sources: ['Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration"'],
    },
    {
      ...{ key: 'no-answer', ...gate, evaluator: 'degenerate' },
      description: 'An empty answer, bare punctuation or a copy of the question is no answer.',
      sources: ['arXiv 2507.08794 (master keys such as a bare colon fool model-based judges)'],
    },
    {
      ...{ key: 'addresses-evaluator', ...gate, evaluator: 'evaluator-address' },
      description:
        'The answer speaks to the person who asked, never to its evaluator, and hides no characters.',
      sources: [
        'Shi et al. 2024, "Optimization-based Prompt Injection Attack to LLM-as-a-Judge" (JudgeDeceiver)',
      ],
    },
  ];
}
