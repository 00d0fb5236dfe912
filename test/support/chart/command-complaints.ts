import type { Command, Option } from 'commander';
import { createProgram } from '../../../cli/commands/program.js';
import { systemClock } from '../../../core/runtime/clock.js';

const program = createProgram({
  terminal: { isLive: false, print: () => undefined, say: () => undefined, redraw: () => undefined },
  environment: { isCi: true, isPlainTerminal: true },
  clock: systemClock,
  signal: new AbortController().signal,
});

/**
 * What the command line has against words that a pod starts `majlis` with: a command or flag that there is not, a value that
 * the flag's own parser refuses, a flag that lacks one, and a required one that is missing. Nothing is run.
 */
export function commandComplaints(words: readonly string[]): string[] {
  let command: Command = program;
  let taken = 0;
  for (const word of words) {
    const inner = command.commands.find((candidate) => candidate.name() === word);
    if (inner === undefined) break;
    command = inner;
    taken += 1;
  }
  const rest = words.slice(taken);
  if (command === program) return [`there is no command ${words.join(' ')}`];
  const options = [...command.options, ...program.options];
  const complaints = rest.flatMap((word) => wordComplaints(word, options));
  const given = rest.map((word) => word.split('=')[0]);
  const missing = options.filter(({ mandatory, long }) => mandatory && !given.includes(long ?? ''));
  return [...complaints, ...missing.map(({ flags }) => `${flags} is missing`)];
}

function wordComplaints(word: string, options: readonly Option[]): string[] {
  const [flag = '', ...parts] = word.split('=');
  // A kubelet puts in what the pod is; names and numbers of pods may be 0.
  const value = parts.length === 0 ? undefined : parts.join('=').replace(/\$\(\w+\)/g, '0');
  const option = options.find(({ long }) => long === flag);
  if (option === undefined) return [`there is no flag ${word}`];
  if (value === undefined) return option.required ? [`${flag} needs a value`] : [];
  if (!option.required && !option.optional) return [`${flag} takes no value`];
  if (option.argChoices !== undefined && !option.argChoices.includes(value)) {
    return [`${flag} is none of ${option.argChoices.join(', ')}`];
  }
  try {
    option.parseArg?.(value, option.defaultValue);
    return [];
  } catch (thrown) {
    return [thrown instanceof Error ? thrown.message : String(thrown)];
  }
}
