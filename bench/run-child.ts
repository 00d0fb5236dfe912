import { spawn } from 'node:child_process';
import { MajlisError } from '../core/errors.js';

/** Runs a program and gives its standard output; what it says on standard error goes on to ours. */
export async function runChild(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: string[] = [];
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) return chunks.join('');
  throw new MajlisError(`${command} ${args.join(' ')} exited with ${String(code)}.`, { code: 'internal' });
}

/** The JSON of the last line that a program printed. */
export function lastLineJson(output: string): unknown {
  const lines = output.trimEnd().split('\n');
  return JSON.parse(lines[lines.length - 1]);
}
