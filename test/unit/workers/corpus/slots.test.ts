import { fillSlots, slotsOf } from '../../../../workers/corpus/slots.js';

describe('slots', () => {
  it('are named in order, with and without particles', () => {
    expect(slotsOf('{person|은|는} {place}에서 {person}')).toEqual(['person', 'place', 'person']);
  });

  it('are filled, and a particle follows the sound of the filler', () => {
    const names: Record<string, string> = { person: '지현', place: '제주' };
    expect(fillSlots('{person|은|는} {place|으로|로} 갑니다.', (slot) => names[slot])).toBe(
      '지현은 제주로 갑니다.',
    );
  });

  it('leave a frame without slots as it is', () => {
    expect(fillSlots('أهلا وسهلا.', () => 'x')).toBe('أهلا وسهلا.');
  });
});
