import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../../../../cli/commands/program.js';
import { packageRoot } from '../../../../../core/runtime/package-root.js';
import { systemClock } from '../../../../../core/runtime/clock.js';
import { useTemporaryFolder } from '../../../../support/temporary-folder.js';

const VOTES = join(packageRoot, 'examples', 'votes', 'panel.csv');
const ANCHORS = join(packageRoot, 'examples', 'votes', 'anchors.csv');

async function majlis(...args: string[]): Promise<string[]> {
  const printed: string[] = [];
  const program = createProgram({
    terminal: {
      isLive: false,
      print: (text) => printed.push(text),
      say: () => undefined,
      redraw: () => undefined,
    },
    environment: { isCi: true, isPlainTerminal: true },
    clock: systemClock,
    signal: new AbortController().signal,
  });
  await program.parseAsync(['node', 'majlis', 'aggregate', ...args]);
  return printed;
}

describe('majlis aggregate', () => {
  const folder = useTemporaryFolder();

  it('says of the example what its page says', async () => {
    const [text] = await majlis('--votes', VOTES, '--anchors', ANCHORS);
    expect(text).toContain('stack: 144 votes of 3 judges on 24 pairs');
    expect(text).toMatch(/large +48 +20 of 24 .* 0\.606 /);
    expect(text).toMatch(/small +48 .* 0\.076 /);
    expect(text).toMatch(/swayed +48 +14 of 24 +67\.4%/);
    expect(text).toContain('the stack is right on 81.3%');
    expect(text).toContain('the best judge on 87.5%');
    expect(text).toContain('difference -6.3% (-18.8 to 0.0)');
  });

  it('ends with one JSON object under --json, and writes the page that was asked for', async () => {
    const page = join(folder(), 'page.html');
    const printed = await majlis('--json', '--votes', VOTES, '--method', 'one-coin', '--report', page);
    const result: unknown = JSON.parse(printed[printed.length - 1]);
    expect(result).toMatchObject({ method: 'one-coin', votes: { scored: 144, pairs: 24 }, report: page });
    expect(readFileSync(page, 'utf8')).toContain('<h1>Votes aggregated by one-coin</h1>');
  });

  it.each([
    [['--level', '1'], '--level: found "1"'],
    [['--prior', '-1'], '--prior: found "-1"'],
    [['--copies', 'small'], '--copies: found "small"'],
    [['--bootstrap', 'many'], '--bootstrap: found "many"'],
  ])('refuses %j', async (flags, message) => {
    await expect(majlis('--votes', VOTES, ...flags)).rejects.toThrow(message);
  });
});
