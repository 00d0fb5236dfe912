/** Each mistake in a rubric file is one sentence that names the place and what to write instead, and exit status 2. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lintRubrics } from '../../../cli/commands/rubric/lint-rubrics.js';
import type { Terminal } from '../../../cli/terminal/terminal.js';

const folder = mkdtempSync(join(tmpdir(), 'majlis-rubric-mistakes-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const GOOD = `
id: own
version: 1.1.0
title: A test
locale: ar-EG
parent: { id: own, version: 1.0.0, hash: ${'a'.repeat(64)} }
criteria:
  - key: local-names
    version: 1
    dimension: localisation
    kind: principle
    weight: 2
    evaluator: local-entity
    description: Local names.
  - key: warmth
    version: 1
    dimension: norms
    kind: principle
    weight: 1
    scale: ordinal
    levels:
      - { level: 0, description: Cold. }
      - { level: 1, description: Polite. }
      - { level: 2, description: Warm. }
    evaluator: judge
    description: The answer is warm.
  - key: loops
    version: 1
    dimension: robustness
    kind: pitfall
    weight: 1
    evaluator: repetition
    description: No loops.
    veto: { threshold: 0.4 }
`;

const change = (from: string, to: string): string => {
  const changed = GOOD.replace(from, to);
  if (changed === GOOD) throw new Error(`${from} is not in the rubric`);
  return changed;
};
const composite = (formula: string): string => `${GOOD}composite: { formula: "${formula}" }\n`;
const warmth = (line: string): string => change('    scale: ordinal', `    scale: ordinal\n    ${line}`);

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, at) => {
    const before = String.fromCharCode('a'.charCodeAt(0) + at);
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
  }),
].join('\n');

const MISTAKES: readonly [string, string | Buffer, RegExp][] = [
  ['an unknown key', `${GOOD}colour: red\n`, /: found unknown key "colour"; allowed: the keys id, version/],
  [
    'a misspelt key of a criterion',
    change('weight: 2', 'wieght: 2'),
    /at criteria\[0\]: found unknown key "wieght"; allowed: the keys key, version, dimension, kind, weight/,
  ],
  [
    'a wrong type',
    change('weight: 2', 'weight: heavy'),
    /at criteria\[0\]\.weight: found "heavy"; allowed: .*number/,
  ],
  [
    'a negative weight',
    change('weight: 2', 'weight: -2'),
    /at criteria\[0\]\.weight: found -2; allowed: at least 0/,
  ],
  [
    'weights that are all zero',
    GOOD.replace('weight: 2', 'weight: 0').replaceAll('weight: 1', 'weight: 0'),
    /at criteria: found no weight above 0 outside pitfalls; allowed: at least one criterion/,
  ],
  [
    'weights above zero only where a condition holds',
    GOOD.replace('weight: 2', 'weight: 2\n    appliesWhen: { words: [a] }').replace('weight: 1', 'weight: 0'),
    /at criteria: found nothing to earn where no appliesWhen holds; allowed: .* applies to every prompt/,
  ],
  [
    'an unknown evaluator',
    change('local-entity', 'vibes'),
    /at criteria\[0\]\.evaluator: found "vibes"; allowed: courtesy, .*, judge, human/,
  ],
  [
    'parameters that an evaluator does not take',
    change('local-entity', 'local-entity\n    parameters: { none: 7 }'),
    /at criteria\[0\]\.parameters, none: found 7; allowed: at most 1/,
  ],
  [
    'an unknown locale',
    change('ar-EG', 'xx-YY'),
    /at locale: found "xx-YY"; allowed: a locale with a profile: ar, /,
  ],
  [
    'a locale that is no tag',
    change('ar-EG', 'ar_EG'),
    /at locale: found "ar_EG"; allowed: a BCP 47 language tag/,
  ],
  [
    'a criterion twice',
    change('key: loops', 'key: warmth'),
    /at criteria\[2\]\.key: found "warmth"; allowed: each key once/,
  ],
  [
    'a version that is not semantic',
    change('1.1.0', '"1.1"'),
    /at version: found "1\.1"; allowed: a semantic version/,
  ],
  [
    "a version that is not above its parent's",
    change('version: 1.1.0', 'version: 1.0.0'),
    /at version: found "1\.0\.0"; allowed: a version above 1\.0\.0, the parent's/,
  ],
  [
    'a hash that is not the content’s',
    `${GOOD}hash: ${'b'.repeat(64)}\n`,
    /at hash: found bbbbbbbbbbbb…, while the content has [0-9a-f]{12}…; allowed: the hash of the content, or none/,
  ],
  [
    'a veto outside of its scale',
    change('0.4', '4'),
    /at criteria\[2\]\.veto\.threshold: found 4; allowed: at most 1/,
  ],
  [
    'a veto that rules out everything',
    change('0.4', '1'),
    /at criteria\[2\]\.veto\.threshold: found 1, which rules out every answer; allowed: .* less than 1/,
  ],
  [
    'an ordinal scale without levels',
    change('evaluator: local-entity', 'evaluator: local-entity\n    scale: ordinal'),
    /at criteria\[0\]\.levels: found nothing; allowed: at least two described levels/,
  ],
  [
    'levels that do not ascend',
    change('level: 1', 'level: 5'),
    /at criteria\[1\]\.levels\[2\]\.level: found 2; allowed: more than 5: levels ascend/,
  ],
  [
    'a level between two of an ordinal scale',
    change('level: 1', 'level: 1.5'),
    /at criteria\[1\]\.levels\[1\]\.level: found 1\.5; allowed: a whole number on an ordinal scale/,
  ],
  [
    'levels of a binary scale other than 0 and 1',
    change('scale: ordinal', 'scale: binary'),
    /at criteria\[1\]\.levels: found \[0,1,2\]; allowed: the levels 0 and 1/,
  ],
  [
    'a contested criterion without the readers’ shares',
    warmth('contested: {}'),
    /at criteria\[1\]\.contested\.target: found nothing; allowed: a value of type array/,
  ],
  [
    'shares of readers that do not sum to 1',
    warmth('contested: { target: [0.5, 0.2, 0.2] }'),
    /at criteria\[1\]\.contested\.target: found shares that sum to 0\.9; allowed: shares of readers that sum to 1/,
  ],
  [
    'fewer shares than levels',
    warmth('contested: { target: [0.5, 0.5] }'),
    /at criteria\[1\]\.contested\.target: found 2 shares for 3 levels; allowed: one share of readers a level/,
  ],
  [
    'a contested criterion that a rule decides',
    change('evaluator: local-entity', 'evaluator: local-entity\n    contested: { target: [1] }'),
    /at criteria\[0\]\.contested: found a contested criterion of evaluator "local-entity"; allowed: evaluator judge or human/,
  ],
  [
    'applicability that looks at the answer',
    warmth('appliesWhen: { answer: long }'),
    /at criteria\[1\]\.appliesWhen: found unknown key "answer"; allowed: the keys categories, words/,
  ],
  [
    'a question for a judge without a description',
    change('    description: The answer is warm.\n', ''),
    /at criteria\[1\]\.description: found nothing; allowed: a value of type string/,
  ],
  [
    'a base that is not there',
    change('title: A test', 'extends: nowhere'),
    /at extends: found "nowhere", which is no rubric; allowed: a rubric file, or one of ar-egyptian/,
  ],
  [
    'a rubric that extends itself',
    change('title: A test', 'extends: own'),
    /at extends: found the cycle own\.yaml → own\.yaml; allowed: a base that does not stand on this rubric/,
  ],
  [
    'a criterion to leave out that the base lacks',
    'id: own\nversion: 1.0.0\nlocale: ar-EG\nextends: ar-msa\nwithout: [colour]\n',
    /at without\[0\]: found "colour"; allowed: a criterion of the base: language-fidelity/,
  ],
  [
    'a new criterion of an extension that is half said',
    'id: own\nversion: 1.0.0\nlocale: ar-EG\nextends: ar-msa\ncriteria:\n  - { key: colour, weight: 1 }\n',
    /at criteria\[0\], version: found nothing; allowed: a value of type number/,
  ],
  [
    'a formula that cannot be read',
    composite('local_names +'),
    /at composite\.formula: found a formula that cannot be read \(.*\); allowed: a formula such as/,
  ],
  [
    'a name that is no criterion',
    composite('local_names + kindness'),
    /at composite\.formula: found the unknown name "kindness"; allowed: the rubric's criteria: local_names, warmth, loops/,
  ],
  [
    'a function that is not on the list',
    composite('import(loops)'),
    /at composite\.formula: found a call of "import"; allowed: numbers/,
  ],
  [
    'an assignment',
    composite('loops = 1'),
    /at composite\.formula: found "loops = 1", a node of kind Assignment; allowed: numbers/,
  ],
  [
    'a function of its own',
    composite('f(x) = f(x)'),
    /at composite\.formula: found "f\(x\) = f\(x\)", a node of kind FunctionAssignment/,
  ],
  [
    'a property',
    composite('loops.constructor'),
    /at composite\.formula: found "loops\.constructor"|at composite\.formula: found .*kind Accessor/,
  ],
  ['a range', composite('1:1000000000'), /at composite\.formula: found "1:1e\+9", a node of kind Range/],
  [
    'a huge exponent',
    composite('(1 + loops) ^ 1000000'),
    /at composite\.formula: found the exponent "1e\+6"; allowed: a number from −8 to 8/,
  ],
  [
    'an exponent that is computed',
    composite('2 ^ loops ^ loops'),
    /at composite\.formula: found the exponent "loops \^ loops"; allowed: a number from −8 to 8/,
  ],
  [
    'a formula of too many parts',
    composite(Array(150).fill('loops').join('+')),
    /at composite\.formula: found a formula of 299 nodes; allowed: at most 200 nodes/,
  ],
  [
    'a formula of too many characters',
    composite(Array(400).fill('loops').join('+')),
    /at composite\.formula: found a formula of 2399 characters; allowed: at most 2000/,
  ],
  [
    'a formula without a value somewhere',
    composite('1 / loops'),
    /at composite\.formula: found no finite number where every score is 0; allowed: a formula that gives a finite number/,
  ],
  [
    'a formula over a criterion that does not always apply',
    `${warmth('appliesWhen: { words: [a] }')}composite: { formula: "warmth" }\n`,
    /at composite\.formula: found "warmth", which does not apply to every prompt; allowed: criteria without appliesWhen/,
  ],
  [
    'a reviewer of no language',
    `${GOOD}reviewers: [{ id: somebody, nativeLocale: Egypt_ }]\n`,
    /at reviewers\[0\]\.nativeLocale: found "Egypt_"; allowed: a BCP 47 language tag/,
  ],
  ['an empty file', ' \n', /: found an empty file; allowed: UTF-8 text/],
  ['a list instead of a rubric', '- a\n- b\n', /: found \["a","b"\]; allowed: a value of type object/],
  [
    'a key twice in the YAML',
    `${GOOD}id: again\n`,
    /at line \d+: found "Map keys must be unique"; allowed: YAML with unique keys/,
  ],
  [
    'a binary file',
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]),
    /at byte 4: found a NUL byte, so the file is binary; allowed: UTF-8 text/,
  ],
  [
    'bytes that are not UTF-8',
    Buffer.concat([Buffer.from(GOOD), Buffer.from([0xff, 0xfe])]),
    /at line \d+: found bytes that are not UTF-8; allowed: UTF-8 text/,
  ],
  [
    'aliases that unfold into gigabytes',
    bomb,
    /: found aliases that cannot be expanded; allowed: at most 50 aliases/,
  ],
  [
    'a line of ten megabytes',
    `${GOOD}# ${'x'.repeat(10 * 1024 * 1024)}\n`,
    /: found 1048\d{4} bytes; allowed: at most 1048576 bytes/,
  ],
  ['brackets without end', '['.repeat(20_000), /: found .*; allowed: YAML/],
];

async function lint(
  name: string,
  content: string | Buffer,
): Promise<{ said: string[]; exitCode: number | undefined }> {
  const place = mkdtempSync(join(folder, 'case-'));
  const file = join(place, `${name}.yaml`);
  writeFileSync(file, content);
  const said: string[] = [];
  const say = (text: string): void => {
    said.push(text);
  };
  const terminal: Terminal = { isLive: false, print: () => undefined, say, redraw: () => undefined };
  const { exitCode } = await lintRubrics([file], terminal);
  return { said, exitCode };
}

describe('majlis rubric lint', () => {
  it('accepts the rubric that the mistakes are made in', async () => {
    expect(await lint('own', GOOD)).toEqual({ said: [], exitCode: 0 });
  });

  it.each(MISTAKES)('refuses %s in one sentence', async (_mistake, content, sentence) => {
    const { said, exitCode } = await lint('own', content);
    expect(exitCode).toBe(2);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(sentence);
    expect(said[0]).toMatch(/own\.yaml.*: found .*; allowed: /);
    expect(said[0].trim()).not.toContain('\n');
  });

  it('names every rubric of a cycle', async () => {
    const place = join(folder, 'cycle');
    mkdirSync(place);
    for (const [id, base] of [
      ['one', 'two'],
      ['two', 'three'],
      ['three', 'one'],
    ]) {
      const text = `id: ${id}\nversion: 1.0.0\nlocale: ar-EG\nextends: ${base}\n`;
      writeFileSync(join(place, `${id}.yaml`), text);
    }
    const said: string[] = [];
    const say = (text: string): void => {
      said.push(text);
    };
    const terminal: Terminal = { isLive: false, print: () => undefined, say, redraw: () => undefined };
    await lintRubrics([join(place, 'one.yaml')], terminal);
    expect(said).toEqual([
      expect.stringMatching(
        /three\.yaml at extends: found the cycle one\.yaml → two\.yaml → three\.yaml → one\.yaml; allowed: /,
      ),
    ]);
  });
});
