import { Command } from 'commander';
import { addRewardCommand } from '../../../cli/commands/reward.js';
import type { Session } from '../../../cli/commands/session.js';
import { kitTests } from '../../../reward/kit/kit-tests.js';
import { namedRows, readPage } from './pages.js';

describe('docs/culture-kit.md', () => {
  it('names every test with its file, twice: what it asks and what the rules get', () => {
    const rows = namedRows('docs/culture-kit.md');
    const documented = rows.filter(([, file]) => file.endsWith('.jsonl')).map(([name, file]) => [name, file]);
    expect(documented).toEqual(kitTests.map(({ name, file }) => [name, `${file}.jsonl`]));
    const measured = rows.filter(([, cell]) => /^(pass|fail|unproven)/.test(cell)).map(([name]) => name);
    expect(measured).toEqual(kitTests.map(({ name }) => name));
  });

  it('names every option of the command that is the kit’s', () => {
    const program = new Command();
    addRewardCommand(program, {} as Session);
    const evaluate = program.commands[0].commands.find((command) => command.name() === 'eval');
    const flags = (evaluate?.options ?? []).map(({ long }) => long ?? '');
    const page = readPage('docs/culture-kit.md');
    expect(flags).toContain('--kit');
    expect(flags.filter((flag) => !page.includes(`\`${flag}\``))).toEqual([]);
  });
});
