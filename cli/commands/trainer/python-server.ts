import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve, sep } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { parseJson } from '../../../core/config/parse-json.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import { packageRoot } from '../../../core/runtime/package-root.js';

/** Which server of the Python package to start. */
export interface PythonServerOptions<Said> {
  /** A Python interpreter that has the package's dependencies. */
  readonly python: string;
  /** Of the interpreter: the module and its options, `--until-stdin-ends` among them. */
  readonly parameters: readonly string[];
  /** The directory that it opens, for errors. */
  readonly model: string;
  /** What it is, for errors: `the trainer`. */
  readonly name: string;
  /** What it says once it listens. */
  readonly ready: z.ZodType<Said>;
  /** Told each line of its stderr, which goes where ours goes unless told. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** A server that listens. */
export interface PythonServer {
  /** Of the operating system. */
  readonly pid: number | undefined;
  /** Settles with its exit status when the process has ended, null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Lets it finish what it does, for two seconds, and waits for its end. */
  stop(): Promise<void>;
}

/** The folder of the Python package. */
const PACKAGE = join(packageRoot, 'workers', 'trainer', 'torch');

const failedSchema = z.object({
  error: z.string(),
  code: z.string(),
  /** Of a value that was refused: `source`, `place`, `found` and `allowed`. */
  refused: z
    .object({ source: z.string(), place: z.string(), found: z.string(), allowed: z.string() })
    .optional(),
});

/**
 * Starts a server and waits until it says, in one line of JSON, that it listens. A model that it cannot open is bad input; a
 * Python without PyTorch is `failed_precondition`. It ends when this process does.
 */
export async function startPythonServer<Said extends object>(
  options: PythonServerOptions<Said>,
): Promise<PythonServer & Said> {
  const { parameters, model, name, ready, onLine } = options;
  // It starts in the package's folder, where a relative path would mean another file; a bare name is looked up in PATH.
  const python = options.python.includes(sep) ? resolve(options.python) : options.python;
  const child = spawn(python, [...parameters], {
    cwd: PACKAGE,
    // In a group of its own: a terminal's Ctrl-C reaches it through us, who end what asks of it first.
    detached: true,
    stdio: ['pipe', 'pipe', onLine === undefined ? 'inherit' : 'pipe'],
  });
  if (onLine !== undefined && child.stderr !== null) void follow(child.stderr, onLine);
  const ended = endOf(child, python);
  // Its end is told by `ended`; closing the pipe of a process that is gone says no more.
  child.stdin?.on('error', () => undefined);
  const line = await Promise.race([firstLine(child), ended.then(() => undefined)]);
  if (line === undefined) {
    throw new MajlisError(
      `${python} ended before ${name} listened; what it needs is installed by: ${python} -m pip install -r ${join(PACKAGE, 'requirements.txt')}`,
      { code: 'failed_precondition' },
    );
  }
  const said = parseJson(line, z.union([failedSchema, ready]), { source: `output of ${name}` });
  if (isFailure(said)) throw refusal(said, model);
  return {
    ...said,
    pid: child.pid,
    ended,
    stop: async () => {
      child.stdin?.end();
      await ended;
    },
  };
}

type Failure = z.infer<typeof failedSchema>;

function isFailure(said: object): said is Failure {
  return 'error' in said;
}

function refusal({ error, code, refused }: Failure, model: string): MajlisError {
  // About the machine or the options, and not about the model.
  if (code === 'unavailable' || code === 'failed_precondition') return new MajlisError(error, { code });
  if (refused !== undefined) return new BadInputError(refused);
  return new MajlisError(
    `The model directory ${model} cannot be opened: ${error} Allowed: a Hugging Face directory with config.json and model.safetensors.`,
    { code: 'invalid_argument' },
  );
}

async function follow(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) onLine(line);
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  for await (const line of createInterface({ input: child.stdout })) return line;
  return undefined;
}

async function endOf(child: ChildProcess, python: string): Promise<number | null> {
  try {
    const [status] = (await once(child, 'exit')) as [number | null];
    return status;
  } catch (cause) {
    const advice =
      '--python names the file of a Python 3.11 or later that has what is needed; without it one is made';
    throw new MajlisError(`${python} could not be started. Next: ${advice}.`, {
      ...{ code: 'failed_precondition', cause },
    });
  }
}
