import { availableParallelism, totalmem } from 'node:os';
import type { CommandResult } from '../session.js';
import type { Check } from './check.js';
import { checkMachine } from './check-machine.js';
import { checkPython } from './check-python.js';
import { checkRuntime } from './check-runtime.js';
import { checkLedger, checkWorkspace } from './check-workspace.js';

/** Looks at all that a run needs; exit status 1 when anything is missing. */
export async function examine(workspace: string): Promise<CommandResult> {
  const machine = {
    nodeVersion: process.versions.node,
    cores: availableParallelism(),
    // What a container may use, where its limit is lower than the machine's memory.
    memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Infinity),
  };
  return diagnosis([
    ...checkMachine(machine),
    await checkRuntime(),
    await checkWorkspace(workspace),
    checkLedger(workspace),
    checkPython(),
  ]);
}

/** Checks as lines and as an exit status. */
export function diagnosis(checks: readonly Check[]): CommandResult {
  const isFine = checks.every(({ status }) => status !== 'fail');
  const lines = checks.map(({ name, status, found, next }) => {
    const remedy = next === undefined ? '' : `; ${next}`;
    return `${status.padEnd(4)}  ${name}: ${found}${remedy}`;
  });
  return { json: { ok: isFine, checks }, text: lines.join('\n'), exitCode: isFine ? 0 : 1 };
}
