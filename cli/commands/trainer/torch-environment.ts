import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from '../../../core/config/environment.js';
import { readText } from '../../../core/config/read-text.js';
import { MajlisError } from '../../../core/errors.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { runStep } from './run-step.js';

/**
 * The virtual environment of the PyTorch trainer, made on first use. It is stamped with the requirements that it was made
 * from: the stamp is written last, so that an unfinished one is made again, and so is one whose requirements have changed.
 */

/** What an environment is made from, and where. */
export interface TorchEnvironmentOptions {
  /** Its folder, where a person named one. */
  readonly folder?: string;
  /** A pip requirements file; the package's own unless told. */
  readonly requirements?: string;
  /** The interpreter that makes it; `python3` unless told. */
  readonly maker?: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Tells a person what is going on. */
  readonly say: (line: string) => void;
}

const REQUIREMENTS = join(packageRoot, 'workers', 'trainer', 'torch', 'requirements.txt');
const STAMP = 'majlis-requirements.txt';
const NAME_DIGITS = 12;
const OLDEST_PYTHON = 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else 1)';
const MILLISECONDS = 1000;

/**
 * The interpreter of an environment that has what the trainer needs; makes one where there is none. A step that fails is
 * `failed_precondition` and names its command; another process at the same work is so too.
 */
export async function ensureTorchEnvironment(options: TorchEnvironmentOptions): Promise<string> {
  const wanted = await readText(options.requirements ?? REQUIREMENTS);
  const folder = resolve(options.folder ?? cachedFolder(options.environment, wanted));
  const interpreter = join(folder, 'bin', 'python');
  if (await isStamped(folder, wanted)) return interpreter;
  await requireOurs(folder);
  const lock = `${folder}.lock`;
  await takeLock(lock);
  try {
    await make(folder, interpreter, options);
    await writeFile(join(folder, STAMP), wanted);
  } finally {
    await rm(lock, { force: true });
  }
  return interpreter;
}

async function make(folder: string, interpreter: string, options: TorchEnvironmentOptions): Promise<void> {
  const { maker = 'python3', requirements = REQUIREMENTS, clock, say } = options;
  const start = clock.now();
  say(`majlis: making the PyTorch trainer's Python environment in ${folder}, once; pip fetches gigabytes`);
  await runStep({
    ...options,
    command: maker,
    args: ['-c', OLDEST_PYTHON],
    advice:
      'Python 3.11 or later with the module venv is needed; --python names another interpreter that is set up',
  });
  await runStep({
    ...options,
    command: maker,
    args: ['-m', 'venv', '--clear', folder],
    advice: 'install the module venv of that Python (Debian and Ubuntu: apt install python3-venv)',
  });
  await runStep({
    ...options,
    command: interpreter,
    args: [
      '-m',
      'pip',
      'install',
      '--disable-pip-version-check',
      '--progress-bar',
      'off',
      '-r',
      requirements,
    ],
    advice:
      'see that the package index can be reached (PIP_INDEX_URL) and that the disk has room, then start again',
  });
  say(`majlis: made in ${((clock.now() - start) / MILLISECONDS).toFixed(0)} s`);
}

function cachedFolder({ cacheFolder }: Environment, requirements: string): string {
  const name = createHash('sha256').update(requirements).digest('hex').slice(0, NAME_DIGITS);
  return join(cacheFolder ?? join(homedir(), '.cache'), 'majlis', `torch-${name}`);
}

/** Also false where the Python that made it was removed, since its interpreter is a link to that one. */
async function isStamped(folder: string, wanted: string): Promise<boolean> {
  const stamp = join(folder, STAMP);
  if (!existsSync(stamp) || !existsSync(join(folder, 'bin', 'python'))) return false;
  return (await readFile(stamp, 'utf8')) === wanted;
}

/** What is cleared must be an environment, and not a folder that a person named by mistake. */
async function requireOurs(folder: string): Promise<void> {
  if (!existsSync(folder) || existsSync(join(folder, 'pyvenv.cfg'))) {
    await mkdir(dirname(folder), { recursive: true });
    return;
  }
  throw new MajlisError(
    `${folder} is there and is no virtual environment; name a folder that is not there yet.`,
    {
      code: 'failed_precondition',
    },
  );
}

async function takeLock(lock: string): Promise<void> {
  const owner = existsSync(lock) ? Number(await readFile(lock, 'utf8')) : undefined;
  if (owner !== undefined && isAlive(owner)) {
    throw new MajlisError(
      `Process ${owner} is making this Python environment; wait until it is done, or remove ${lock} if it is something else.`,
      { code: 'failed_precondition' },
    );
  }
  await rm(lock, { force: true });
  await writeFile(lock, String(process.pid), { flag: 'wx' });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // There is no such process, or it is another user's and did not make this folder.
    return false;
  }
}
