import { createRng } from '../../../../core/math/rng.js';
import { PromptSchedule } from '../../../../coordinator/prompts/prompt-schedule.js';
import { aPrompt } from '../../../support/builders.js';

const prompts = ['a', 'b', 'c', 'd', 'e'].map((id) => aPrompt(id));

function ids(schedule: PromptSchedule, iteration: number): string[] {
  return schedule.promptsFor(iteration).map(({ prompt, group }) => `${prompt.prompt.id}${group}`);
}

describe('PromptSchedule', () => {
  it('asks every prompt once before any is asked again', () => {
    const schedule = new PromptSchedule(prompts, 1, createRng(3));
    const asked = Array.from({ length: 10 }, (_, iteration) => ids(schedule, iteration)[0]);
    expect([...asked.slice(0, 5)].sort()).toEqual(['a0', 'b0', 'c0', 'd0', 'e0']);
    expect([...asked.slice(5)].sort()).toEqual(['a0', 'b0', 'c0', 'd0', 'e0']);
  });

  it('answers any iteration, in any order, alike', () => {
    const forward = new PromptSchedule(prompts, 3, createRng(3));
    const expected = [0, 1, 2, 3, 4, 5, 6].map((iteration) => ids(forward, iteration));
    const backward = new PromptSchedule(prompts, 3, createRng(3));
    const found = [6, 5, 4, 3, 2, 1, 0].map((iteration) => ids(backward, iteration)).reverse();
    expect(found).toEqual(expected);
  });

  it('orders by its seed', () => {
    const order = (seed: number): string[] => ids(new PromptSchedule(prompts, 5, createRng(seed)), 0);
    expect(order(1)).toEqual(order(1));
    expect([2, 3, 4].some((seed) => order(seed).join() !== order(1).join())).toBe(true);
  });

  it('tells apart a prompt that one iteration asks twice', () => {
    const schedule = new PromptSchedule(prompts, 10, createRng(3));
    expect([...ids(schedule, 0)].sort()).toEqual([
      'a0',
      'a1',
      'b0',
      'b1',
      'c0',
      'c1',
      'd0',
      'd1',
      'e0',
      'e1',
    ]);
  });

  it('has several locales take turns, each with epochs of its own', () => {
    const of = (id: string, locale: string): (typeof prompts)[number] => {
      const made = aPrompt(id);
      return { ...made, prompt: { ...made.prompt, locale } };
    };
    const several = [...prompts.map(({ prompt }) => of(prompt.id, 'ar')), of('x', 'ko'), of('y', 'ko-KR')];
    const schedule = new PromptSchedule(several, 5, createRng(3), ['ar', 'ko']);
    const asked = [0, 1, 2, 3].map((iteration) =>
      schedule.promptsFor(iteration).map(({ prompt }) => prompt.prompt),
    );
    const korean = asked.map((iteration) => iteration.filter(({ locale }) => locale !== 'ar').length);
    expect(korean).toEqual([2, 3, 2, 3]);
    const arabicOrder = asked.flat().filter(({ locale }) => locale === 'ar');
    expect(new Set(arabicOrder.slice(0, 5).map(({ id }) => id)).size).toBe(5);
    const koreanOrder = asked.flat().filter(({ locale }) => locale !== 'ar');
    expect(
      koreanOrder
        .map(({ id }) => id)
        .slice(0, 2)
        .sort(),
    ).toEqual(['x', 'y']);
    expect(() => new PromptSchedule(prompts, 1, createRng(1), ['ar', 'ko'])).toThrow('no prompts in');
  });

  it('refuses an empty set and ids that occur twice', () => {
    expect(() => new PromptSchedule([], 1, createRng(1))).toThrow('found no prompts');
    expect(() => new PromptSchedule([aPrompt('x'), aPrompt('x')], 1, createRng(1))).toThrow('unique ids');
  });
});
