import { join } from 'node:path';
import { loadLocales } from '../../../../core/config/load-locale.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import type { CultureKit } from '../../../../reward/kit/culture-kit.js';
import type { KitReport } from '../../../../reward/kit/kit-report.js';
import { kitTests } from '../../../../reward/kit/kit-tests.js';
import { loadKit } from '../../../../reward/kit/load-kit.js';
import { runKit, targetOf } from '../../../../reward/kit/run-kit.js';
import { modelOf, soundWorth, swappedWorth, type Worth } from '../../../support/kit-models.js';

/** A reward model with one fault: what it pays, given what a sound one does. */
interface Fault {
  readonly title: string;
  /** Names of the tests that have to fail; the first is the one that the fault is for. */
  readonly fails: readonly string[];
  readonly worth: (kit: CultureKit, sound: Worth) => Worth;
  /** The model under the other rubric; the sound one's unless told. */
  readonly swapped?: (worth: Worth) => Worth;
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const YES = /^(نعم|네)(?!\p{L})/u;
const LATIN = /\p{Script=Latin}/gu;

function wordsOf(text: string): string[] {
  return text.match(WORD) ?? [];
}

function latinShare(text: string): number {
  return (text.match(LATIN) ?? []).length / Math.max(1, (text.match(/\p{L}/gu) ?? []).length);
}

/** Words that the additions of the stuffing probes have and no other answer has. */
function colourWords({ probes }: CultureKit): Set<string> {
  const elsewhere = new Set(
    [
      ...probes.stuffing.map(({ answer }) => answer),
      ...probes.pairs.flatMap(({ better, worse }) => [better, worse]),
      ...probes.names.map(({ answer }) => answer),
      ...probes.length.flatMap(({ answer, padding }) => [answer, ...padding]),
      ...probes['yes-no'].flatMap(({ yes, no }) => [yes, no]),
    ].flatMap(wordsOf),
  );
  const added = probes.stuffing.flatMap(({ addition }) => wordsOf(addition));
  return new Set(added.filter((word) => !elsewhere.has(word)));
}

const faults: readonly Fault[] = [
  {
    title: 'is fond of bad manners',
    fails: ['accuracy'],
    worth: ({ probes }, sound) => {
      const rude = new Set(
        probes.pairs.filter(({ dimension }) => dimension === 'norms').map(({ prompt }) => prompt),
      );
      return (prompt, answer) => (rude.has(prompt) ? -1 : 1) * sound(prompt, answer);
    },
  },
  {
    title: 'does not look at the rubric',
    fails: ['rubric-swap'],
    worth: (_kit, sound) => sound,
    swapped: (worth) => worth,
  },
  {
    title: 'likes foreign names better',
    fails: ['name-invariance'],
    worth: ({ names }, sound) => {
      const foreign = names.filter(({ origin }) => origin === 'foreign').map(({ text }) => text);
      return (prompt, answer) =>
        sound(prompt, answer) + (foreign.some((name) => answer.includes(name)) ? 0.8 : 0);
    },
  },
  {
    title: 'pays names higher or lower by whim',
    fails: ['name-invariance'],
    worth:
      ({ names }, sound) =>
      (prompt, answer) => {
        const at = names.findIndex(({ text }) => answer.includes(text));
        return sound(prompt, answer) + (at < 0 ? 0 : 0.6 * ((at % 3) - 1));
      },
  },
  {
    title: 'pays for local colour',
    fails: ['mention-stuffing'],
    worth: (kit, sound) => {
      const colour = colourWords(kit);
      return (prompt, answer) =>
        sound(prompt, answer) +
        Math.min(1.2, wordsOf(answer).filter((word) => colour.has(word)).length * 0.6);
    },
  },
  {
    title: 'hears no register within an answer of several sentences',
    fails: ['register-degradation'],
    worth: ({ probes }, sound) => {
      const mixed = new Set(probes.registers.map(({ prompt }) => prompt));
      return (prompt, answer) =>
        mixed.has(prompt) && sound(prompt, answer) > -2 ? 1 : sound(prompt, answer);
    },
  },
  {
    title: 'pays for English words',
    // An answer in English beats one in the locale among the pairs, too.
    fails: ['language-mix', 'accuracy'],
    worth: (_kit, sound) => (prompt, answer) => sound(prompt, answer) + 2.5 * latinShare(answer),
  },
  {
    title: 'decides the other way round in English',
    fails: ['translation'],
    worth: (_kit, sound) => (prompt, answer) => (latinShare(prompt) > 0.9 ? -1 : 1) * sound(prompt, answer),
  },
  {
    title: 'pays for length',
    fails: ['length-slope'],
    worth: (_kit, sound) => (prompt, answer) => sound(prompt, answer) + 0.6 * Math.log2([...answer].length),
  },
  {
    title: 'says yes to everything',
    fails: ['yes-no'],
    worth: (_kit, sound) => (prompt, answer) => sound(prompt, answer) + (YES.test(answer) ? 2.5 : 0),
  },
  {
    title: 'pays yes and no alike',
    fails: ['yes-no'],
    worth: ({ probes }, sound) => {
      const asked = new Set(probes['yes-no'].map(({ prompt }) => prompt));
      return (prompt, answer) =>
        asked.has(prompt) && sound(prompt, answer) > -2 ? 0 : sound(prompt, answer);
    },
  },
  {
    title: 'serves one group of readers badly',
    fails: ['group-floors'],
    worth: ({ manifest: { groups } }, sound) => {
      const group = groups.find(({ name }) => name === 'Christian names' || name === 'born abroad');
      const names = new Set(group?.persons);
      return (prompt, answer) =>
        (wordsOf(prompt).some((word) => names.has(word)) ? -1 : 1) * sound(prompt, answer);
    },
  },
  {
    title: 'does not look at the question',
    fails: ['best-of-n'],
    worth: (kit, sound) => {
      const best = new Map<string, number>();
      for (const test of kitTests) {
        for (const { candidates } of test.probes(kit, targetOf(kit, undefined))) {
          for (const { prompt, answer } of candidates) {
            best.set(answer, Math.max(best.get(answer) ?? -Infinity, sound(prompt, answer)));
          }
        }
      }
      return (_prompt, answer) => best.get(answer) ?? -2;
    },
  },
];

const LOCALES = ['ar', 'ko'];
const kits = new Map<string, CultureKit>();

beforeAll(async () => {
  const profiles = await loadLocales(join(packageRoot, 'reward', 'locales'));
  for (const locale of LOCALES)
    kits.set(locale, await loadKit(join(packageRoot, 'reward', 'kit', locale), profiles));
});

function kitOf(locale: string): CultureKit {
  const kit = kits.get(locale);
  if (kit === undefined) throw new Error(`no kit ${locale}`);
  return kit;
}

async function report(kit: CultureKit, worth: Worth, swapped: Worth, register?: string): Promise<KitReport> {
  const models = {
    tested: { name: 'tested', model: modelOf(worth) },
    swapped: { name: 'swapped', model: modelOf(swapped) },
  };
  return runKit({ kit, models, seed: 1, ...(register === undefined ? {} : { register }) });
}

describe.each(LOCALES)('the %s kit', (locale) => {
  it('passes a sound model in every test, in either register', async () => {
    const kit = kitOf(locale);
    for (const { name } of kit.manifest.registers) {
      const target = targetOf(kit, name);
      const { tests } = await report(kit, soundWorth(kit, target), swappedWorth(kit, target), name);
      expect(tests.map(({ test, verdict }) => [test, verdict])).toEqual(
        kitTests.map((test) => [test.name, 'pass']),
      );
    }
  });

  it.each(faults)('fails a model that $title, in that test', async ({ fails, worth, swapped }) => {
    const kit = kitOf(locale);
    const target = targetOf(kit, undefined);
    const faulty = worth(kit, soundWorth(kit, target));
    const other = swapped?.(faulty) ?? swappedWorth(kit, target);
    const { tests, failed } = await report(kit, faulty, other);
    expect([...failed].sort()).toEqual([...fails].sort());
    const found = tests.find(({ test }) => test === fails[0]);
    expect(found?.figures.some(({ verdict }) => verdict === 'fail')).toBe(true);
    expect(found?.examples.length).toBeGreaterThan(0);
  });

  it('cannot be passed by a sense of length', async () => {
    const kit = kitOf(locale);
    const length: Worth = (_prompt, answer) => [...answer].length;
    for (const worth of [length, ((prompt, answer) => -length(prompt, answer)) satisfies Worth]) {
      const { failed } = await report(kit, worth, worth);
      expect(failed).toEqual(
        expect.arrayContaining([
          'accuracy',
          'rubric-swap',
          'length-slope',
          'yes-no',
          'group-floors',
          'best-of-n',
        ]),
      );
    }
  });

  it('has at least fifty probes of the project’s own for each test, none of them twice', () => {
    const kit = kitOf(locale);
    expect(kit.manifest).toMatchObject({ origin: 'authored', nativeChecked: false });
    for (const test of kitTests) {
      const probes = test.probes(kit, targetOf(kit, undefined));
      expect([test.name, probes.length >= 50]).toEqual([test.name, true]);
      const texts = probes.map(({ candidates }) => JSON.stringify(candidates));
      expect(new Set(texts).size).toBe(texts.length);
    }
    const files: [string, { prompt: string }[]][] = Object.entries(kit.probes);
    for (const [name, items] of files) {
      const prompts = items.map(({ prompt }) => prompt);
      expect([name, new Set(prompts).size]).toEqual([name, prompts.length]);
    }
  });
});

it('has a fault for every test', () => {
  expect(new Set(faults.map(({ fails }) => fails[0]))).toEqual(new Set(kitTests.map(({ name }) => name)));
});
