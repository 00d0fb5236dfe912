import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { BadInputError } from '../../../../core/errors.js';
import { loadKit } from '../../../../reward/kit/load-kit.js';
import { arabic, korean } from '../../../support/small-locales.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const folder = useTemporaryFolder();

/** A copy of the Korean kit, to be spoilt. */
function kit(): string {
  const copy = join(folder(), 'kit');
  cpSync(join(packageRoot, 'reward', 'kit', 'ko'), copy, { recursive: true });
  return copy;
}

function spoil(file: string, from: string, to: string): string {
  const path = join(kit(), file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
  return join(folder(), 'kit');
}

async function refusal(path: string): Promise<BadInputError['input']> {
  const failure: unknown = await loadKit(path, [arabic, korean]).catch((thrown: unknown) => thrown);
  if (failure instanceof BadInputError) return failure.input;
  throw new Error('the kit was taken');
}

describe('loadKit', () => {
  it('reads a kit with the persons and places of its locale', async () => {
    const { manifest, probes, names, hash } = await loadKit(kit(), [arabic, korean]);
    expect(manifest.locale).toBe('ko');
    expect(probes.pairs[0]).toMatchObject({ id: 'ko-pairs-01', dimension: 'localisation' });
    expect(names.map(({ text }) => text)).toEqual(['서울', '부산', '부산진', '경주', '전주', '런던']);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has another hash when one word of a probe is another', async () => {
    const { hash } = await loadKit(kit(), [korean]);
    const spoilt = await loadKit(spoil('stuffing.jsonl', '선인장에는', '선인장은'), [korean]);
    expect(spoilt.hash).not.toBe(hash);
  });

  it('takes a kit that has pairs only', async () => {
    const path = kit();
    rmSync(join(path, 'names.jsonl'));
    expect((await loadKit(path, [korean])).probes.names).toEqual([]);
    rmSync(join(path, 'pairs.jsonl'));
    expect(await refusal(path)).toMatchObject({ source: join(path, 'pairs.jsonl'), found: 'no such file' });
  });

  it.each([
    ['pairs.jsonl', '{"id": "ko-pairs-02"', '{"id": "ko-pairs-02"!', 'line 2'],
    ['pairs.jsonl', '"worse": ', '"wrose": ', 'line 1'],
    ['length.jsonl', '"quality": "good"', '"quality": "fine"', 'line 1, quality'],
    ['names.jsonl', "달력에 '{name} 씨와", "달력에 '그분과", 'line 1'],
    ['groups.jsonl', '{person} 씨와 {place}에 가려고', '{place}에 가려고', 'line 1'],
    ['yes-no.jsonl', '"id": "ko-yes-no-02"', '"id": "ko-yes-no-01"', 'line 2'],
    ['swap.jsonl', '"hapsyo": ', '"banmal": ', 'item ko-swap-01'],
    ['kit.yaml', 'locale: ko', 'locale: tlh', 'locale'],
    ['kit.yaml', 'nativeChecked: false', 'nativeChecked: perhaps', 'nativeChecked'],
  ])('refuses %s with %s made %s, and names the place', async (file, from, to, place) => {
    const path = spoil(file, from, to);
    const input = await refusal(path);
    expect(input.source).toBe(join(path, file));
    expect(input.place).toContain(place);
  });

  it('names the locales that a kit may be for', async () => {
    expect((await refusal(spoil('kit.yaml', 'locale: ko', 'locale: tlh'))).allowed).toContain('ar, ko');
  });
});
