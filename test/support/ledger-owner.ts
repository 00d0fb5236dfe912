import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { compiledModule } from '../../core/runtime/package-root.js';

/** A process that owns the ledger until it is killed. */
export async function startLedgerOwner(file: string): Promise<ChildProcess> {
  const child = startLedgerScript(file, `process.stdout.write('open'); setInterval(() => {}, 1000);`);
  await once(child.stdout, 'data');
  return child;
}

/** A process that opens the ledger as `ledger` and runs a script; `args` are its `process.argv` from 2. */
export function startLedgerScript(
  file: string,
  script: string,
  ...args: string[]
): ChildProcessByStdio<null, Readable, null> {
  const module = JSON.stringify(compiledModule('core/ledger/sqlite-ledger'));
  const whole = `require(${module}).openSqliteLedger(process.argv[1], { now: () => 0 }).then(async (ledger) => {${script}})
    .catch((error) => { process.stdout.write(JSON.stringify({ code: error.code, message: error.message })); process.exit(3); });`;
  return spawn(process.execPath, ['-e', whole, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}
