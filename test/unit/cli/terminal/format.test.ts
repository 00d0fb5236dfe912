import { formatDuration } from '../../../../cli/terminal/format-duration.js';
import { formatTable } from '../../../../cli/terminal/format-table.js';

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [125_000, '2 min 5 s'],
    [3_780_000, '1 h 3 min'],
  ])('says %d ms as %s', (milliseconds, expected) => {
    expect(formatDuration(milliseconds)).toBe(expected);
  });
});

describe('formatTable', () => {
  it('pads each column to its widest cell', () => {
    const rows = [
      ['a', '1'],
      ['longer', '22'],
    ];
    expect(formatTable(['name', 'number'], rows)).toBe('name    number\na       1\nlonger  22');
  });

  it('shows the headings alone where there is no row', () => {
    expect(formatTable(['name', 'n'], [])).toBe('name  n');
  });
});
