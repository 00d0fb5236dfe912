import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonLines } from '../../../../core/config/read-json-lines.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { findVeto } from '../../../../workers/evaluation/answer-vetoes.js';
import {
  fitControlJudge,
  goldAccuracy,
  type AuthoredPair,
  type ControlJudge,
} from '../../../../workers/evaluation/control-judge.js';

const pairSchema = z.object({
  id: z.string(),
  rubric: z.string(),
  prompt: z.string(),
  better: z.string(),
  worse: z.string(),
  why: z.string(),
});
type Pair = AuthoredPair & { readonly why: string };

const REQUIRED_ACCURACY = 0.85;
const examples = join(packageRoot, 'examples');
const names = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'control-gold.jsonl')));

function read(name: string, file: string): Promise<Pair[]> {
  return readJsonLines(join(examples, name, file), pairSchema, { uniqueBy: ({ id }) => id });
}

describe.each(names)('the control judge fitted on the %s pairs', (name) => {
  let gold: Map<string, Pair[]>;
  let judges: Map<string, ControlJudge>;

  beforeAll(async () => {
    const [fitted, held] = [await read(name, 'control-pairs.jsonl'), await read(name, 'control-gold.jsonl')];
    const rubrics = [...new Set(held.map(({ rubric }) => rubric))];
    const of = (pairs: Pair[], rubric: string): Pair[] => pairs.filter((pair) => pair.rubric === rubric);
    gold = new Map(rubrics.map((rubric) => [rubric, of(held, rubric)]));
    judges = new Map(rubrics.map((rubric) => [rubric, fitControlJudge(of(fitted, rubric))]));
  });

  function judgeOf(rubric: string): ControlJudge {
    const judge = judges.get(rubric);
    if (judge === undefined) throw new Error(`no judge for ${rubric}`);
    return judge;
  }

  it('gets at least 85% of the untouched gold pairs of each rubric right', () => {
    expect(gold.size).toBe(2);
    for (const [rubric, pairs] of gold) {
      expect(pairs).toHaveLength(30);
      expect(goldAccuracy(judgeOf(rubric), pairs)).toBeGreaterThanOrEqual(REQUIRED_ACCURACY);
    }
  });

  it('lets every stuffed gold answer lose to every sound one of its rubric', () => {
    for (const [rubric, pairs] of gold) {
      const stuffed = pairs.filter(({ why }) => why.startsWith('stuffing'));
      expect(stuffed.length).toBeGreaterThanOrEqual(4);
      const winners = stuffed.flatMap(({ worse }) =>
        pairs.filter(({ prompt, better }) => judgeOf(rubric).probabilityFirst(prompt, worse, better) >= 0.5),
      );
      expect(winners).toEqual([]);
    }
  });

  it('sees stuffing by its shape alone, and vetoes no better answer', () => {
    for (const pair of [...gold.values()].flat()) {
      const veto = findVeto(pair.prompt, pair.worse);
      if (pair.why.startsWith('stuffing')) expect([pair.worse, veto]).toEqual([pair.worse, 'stuffed']);
      expect([pair.better, findVeto(pair.prompt, pair.better)]).toEqual([pair.better, undefined]);
    }
  });

  it('prefers the other rubric’s answer under the other rubric where only the register differs', () => {
    const [first, second] = [...gold.keys()];
    const registers = (gold.get(first) ?? []).filter(({ why }) => why.startsWith('register:'));
    expect(registers.length).toBeGreaterThanOrEqual(10);
    const turned = registers.filter(
      ({ prompt, better, worse }) =>
        judgeOf(first).probabilityFirst(prompt, better, worse) > 0.5 &&
        judgeOf(second).probabilityFirst(prompt, better, worse) < 0.5,
    );
    expect(turned.length / registers.length).toBeGreaterThanOrEqual(REQUIRED_ACCURACY);
  });
});
