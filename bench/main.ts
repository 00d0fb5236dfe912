/**
 * `npm run bench -- NAME [options]`. Lines for people first; the last line of stdout is one JSON object (`BenchResult`).
 */
import { MajlisError } from '../core/errors.js';
import { aggregate } from './aggregate.js';
import { asyncSchedule } from './async.js';
import type { Benchmark } from './bench-result.js';
import { dispatch } from './dispatch.js';
import { ledger } from './ledger.js';
import { lightReward } from './light-reward.js';
import { loop } from './loop.js';
import { quickstartControls } from './quickstart-controls.js';
import { scale } from './scale.js';
import { serve } from './serve.js';
import { swap } from './swap.js';
import { torchOverhead } from './torch-overhead.js';
import { trainer } from './trainer.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  aggregate,
  trainer,
  loop,
  async: asyncSchedule,
  ledger,
  'light-reward': lightReward,
  dispatch,
  scale,
  serve,
  swap,
  'torch-overhead': torchOverhead,
  'quickstart-controls': quickstartControls,
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  const benchmark = name === undefined || !Object.hasOwn(BENCHMARKS, name) ? undefined : BENCHMARKS[name];
  if (benchmark === undefined) {
    const lines = Object.entries(BENCHMARKS).map(
      ([known, { summary }]) => `  ${known.padEnd(20)} ${summary}`,
    );
    process.stderr.write(
      `Which benchmark? npm run bench -- NAME, where NAME is one of\n${lines.join('\n')}\n`,
    );
    return 2;
  }
  const result = await benchmark.run(args, (line) => process.stdout.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: unknown) => {
    const error = MajlisError.from(thrown);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.code === 'invalid_argument' ? 2 : 1;
  },
);
