import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadLocale } from '../../../../core/config/load-locale.js';
import { findEntities } from '../../../../core/domain/entity-mention.js';
import type { LocaleProfile } from '../../../../core/domain/locale.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { composeCorpus, type Corpus, type CorpusSource } from '../../../../workers/corpus/compose-corpus.js';
import { corpusFiles } from '../../../../workers/corpus/corpus-files.js';
import { loadCorpusSource } from '../../../../workers/corpus/load-corpus-source.js';

const examples = join(packageRoot, 'examples');
const names = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'frames.yaml')));

/** Spelling, vowel signs, punctuation and spacing set aside: what is left has to differ. */
function bare(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/[\p{M}\p{P}\p{S}\u0640]/gu, '')
    .replace(/ى/g, 'ي')
    .replace(/ة/g, 'ه')
    .replace(/\s+/g, ' ')
    .trim();
}

function share<T>(items: readonly T[], test: (item: T) => boolean): number {
  return items.filter(test).length / items.length;
}

function counts(keys: Iterable<string>): Map<string, number> {
  const counted = new Map<string, number>();
  for (const key of keys) counted.set(key, (counted.get(key) ?? 0) + 1);
  return counted;
}

describe.each(names)('the %s corpus', (name) => {
  let source: CorpusSource;
  let corpus: Corpus;
  let profile: LocaleProfile;

  beforeAll(async () => {
    source = await loadCorpusSource(join(examples, name));
    corpus = composeCorpus(source);
    profile = await loadLocale(join(packageRoot, 'reward', 'locales', `${source.frames.locale}.yaml`));
  });

  function mentions(answer: string): ReturnType<typeof findEntities> {
    return findEntities(answer, profile);
  }

  function markers(answer: string, register: string): number {
    const words = answer.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '');
    const known = profile.registers[register].markers;
    const marked = words.filter((word) => known.includes(word) || known.includes(word.replace(/^[وف]/u, '')));
    const sentences = answer.split(/[.!?؟]/u).map((sentence) => sentence.trim());
    const ended = sentences.filter((sentence) =>
      profile.registers[register].endings.some((ending) => sentence.endsWith(ending)),
    );
    return marked.length + ended.length;
  }

  it('is what the composer writes today, byte for byte', () => {
    for (const [file, content] of Object.entries(corpusFiles(source.frames.locale, corpus))) {
      expect(readFileSync(join(examples, name, file), 'utf8') === content).toBe(true);
    }
  });

  it('has the promised number of lines and of distinct prompts', () => {
    expect(corpus.lines.length).toBeGreaterThanOrEqual(3000);
    expect(corpus.lines.length).toBeLessThanOrEqual(10_000);
    expect(new Set(corpus.trainingPrompts.map(({ text }) => text)).size).toBeGreaterThanOrEqual(300);
    expect(new Set(corpus.heldOutPrompts.map(({ text }) => text)).size).toBeGreaterThanOrEqual(240);
    expect(new Set(corpus.trainingPrompts.map(({ text }) => text)).size).toBe(corpus.trainingPrompts.length);
    expect(new Set(corpus.heldOutPrompts.map(({ text }) => text)).size).toBe(corpus.heldOutPrompts.length);
  });

  it('holds out prompts whose frames, set aside spelling and slots, never occur in training', () => {
    const trained = new Set(corpus.trainingPrompts.map(({ frame }) => bare(frame)));
    expect(corpus.heldOutPrompts.filter(({ frame }) => trained.has(bare(frame)))).toEqual([]);
    const texts = new Set(corpus.trainingPrompts.map(({ text }) => bare(text)));
    expect(corpus.heldOutPrompts.filter(({ text }) => texts.has(bare(text)))).toEqual([]);
  });

  it('names no gazetteer entity in a prompt', () => {
    const prompts = [...corpus.trainingPrompts, ...corpus.heldOutPrompts];
    expect(prompts.filter(({ text }) => mentions(text).length > 0)).toEqual([]);
  });

  it('has at least six answer frames for each topic and register', () => {
    for (const topic of Object.values(source.frames.topics)) {
      for (const register of source.frames.registers) {
        expect(topic.answers[register].length).toBeGreaterThanOrEqual(6);
      }
    }
  });

  it('deals register and origin in equal shares, independently of each other and in every topic', () => {
    const good = corpus.lines.filter(({ quality }) => quality === 'good');
    const styles = counts(good.map(({ register, origin }) => `${register}/${origin}`));
    expect(styles.size).toBe(4);
    for (const count of styles.values()) expect(Math.abs(count / good.length - 0.25)).toBeLessThan(0.01);
    const byTopic = counts(
      good.map(({ prompt, register, origin }) => `${prompt.topic}/${register}/${origin}`),
    );
    for (const count of byTopic.values()) expect(count).toBeGreaterThanOrEqual(90);
  });

  it('starts undecided in the answers themselves: half the first names are local', () => {
    const firsts = corpus.lines.flatMap(({ answer }) => mentions(answer).slice(0, 1));
    expect(Math.abs(share(firsts, ({ entry }) => entry.origin === 'local') - 0.5)).toBeLessThan(0.02);
    const unseen = firsts.filter(({ entry }) => entry.half === 'unseen');
    expect(Math.abs(share(unseen, ({ entry }) => entry.origin === 'local') - 0.5)).toBeLessThan(0.03);
  });

  it('never mixes origins in one answer, and every name is there often enough to be learnt', () => {
    const mixed = corpus.lines.filter(({ answer, origin }) =>
      mentions(answer).some(({ entry }) => entry.origin !== origin),
    );
    expect(mixed).toEqual([]);
    const used = counts(
      corpus.lines.flatMap(({ answer }) => mentions(answer).map(({ entry }) => entry.text)),
    );
    const rare = profile.gazetteer.filter(({ text }) => (used.get(text) ?? 0) < 12);
    expect(rare).toEqual([]);
  });

  it('names one or two entities in most good answers and none in some', () => {
    const good = corpus.lines.filter(({ quality }) => quality === 'good');
    const withName = share(good, ({ answer }) => mentions(answer).length > 0);
    expect(withName).toBeGreaterThan(0.8);
    expect(withName).toBeLessThan(0.95);
    expect(share(good, ({ answer }) => mentions(answer).length > 3)).toBe(0);
  });

  it('shows the register twice in every good answer and the other one never', () => {
    const [first, second] = source.frames.registers;
    for (const { answer, quality, register } of corpus.lines) {
      if (quality !== 'good') continue;
      const other = register === first ? second : first;
      expect([answer, Math.min(2, markers(answer, register)), markers(answer, other)]).toEqual([
        answer,
        2,
        0,
      ]);
    }
  });

  it('is poor in one answer of eight, in four ways alike', () => {
    const poor = corpus.lines.filter(({ quality }) => quality !== 'good');
    expect(Math.abs(poor.length / corpus.lines.length - 0.12)).toBeLessThan(0.01);
    const ways = [...counts(poor.map(({ quality }) => quality)).values()];
    expect(ways).toHaveLength(4);
    expect(Math.max(...ways) - Math.min(...ways)).toBeLessThanOrEqual(1);
  });

  it('keeps answers short', () => {
    const lengths = corpus.lines.map(({ answer }) => [...answer].length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(110);
  });

  it('cuts every cell of kind and origin into halves of at least four, at most one apart', () => {
    const cells = new Map<string, { seen: number; unseen: number }>();
    for (const { kind, origin, half } of profile.gazetteer) {
      const cell = cells.get(`${kind}/${origin}`) ?? { seen: 0, unseen: 0 };
      cell[half] += 1;
      cells.set(`${kind}/${origin}`, cell);
    }
    expect(cells.size).toBe(8);
    for (const { seen, unseen } of cells.values()) {
      expect(Math.min(seen, unseen)).toBeGreaterThanOrEqual(4);
      expect(Math.abs(seen - unseen)).toBeLessThanOrEqual(1);
    }
  });
});
