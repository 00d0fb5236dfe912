import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { parseJson } from '../../../core/config/parse-json.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import { packageRoot } from '../../../core/runtime/package-root.js';

/** What a PyTorch trainer is started with. */
export interface TorchProcessOptions {
  /** A Python interpreter that has the package's dependencies. */
  readonly python: string;
  /** A Hugging Face directory with a causal language model. */
  readonly model: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Of one operation; 1 unless told, which is fastest for tiny models. */
  readonly threads?: number;
  /** Processes that share the work, started by torchrun; one, without it, unless told. */
  readonly ranks?: number;
  /** 127.0.0.1 unless told; any other address needs a token. */
  readonly host?: string;
  /** Holds the token that every call must show. */
  readonly tokenFile?: string;
  /** A GPU where PyTorch finds one, unless told. */
  readonly device?: 'cpu' | 'cuda';
  /** Of matrix products; bfloat16 on a GPU and float32 on a CPU unless told. */
  readonly dtype?: 'float32' | 'bfloat16';
  /** Tokens of one pass through a model, padding included; 4,096 unless told. */
  readonly passTokens?: number;
  /** Recomputes layers in the backward pass: less memory, more time. */
  readonly gradientCheckpointing?: boolean;
}

/** A trainer that listens. */
export interface TorchProcess {
  /** Of the operating system. */
  readonly pid: number | undefined;
  /** host:port. */
  readonly address: string;
  /** Longest sequence of the model, in tokens. */
  readonly contextLength: number;
  /** Settles with its exit status when the process has ended, null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Lets it finish what it does, for two seconds, and waits for its end. */
  stop(): Promise<void>;
}

/** The folder of the Python package. */
const PACKAGE = join(packageRoot, 'workers', 'trainer', 'torch');

const readySchema = z.object({ address: z.string(), contextLength: z.int() });
const failedSchema = z.object({ error: z.string(), code: z.string() });
const lineSchema = z.union([readySchema, failedSchema]);

/**
 * Starts a trainer and waits until it listens. A model that it cannot open is bad input; a Python without PyTorch is
 * `failed_precondition`. It ends when this process does.
 */
export async function startTorchProcess(options: TorchProcessOptions): Promise<TorchProcess> {
  const { python, model } = options;
  const child = spawn(python, [...launcher(options), ...trainerArguments(options)], {
    cwd: PACKAGE,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = endOf(child, python);
  // Its end is told by `ended`; closing the pipe of a process that is gone says no more.
  child.stdin.on('error', () => undefined);
  const line = await Promise.race([firstLine(child), ended.then(() => undefined)]);
  if (line === undefined) {
    throw new MajlisError(
      `${python} ended before the trainer listened; what it needs is installed by: ${python} -m pip install -r ${join(PACKAGE, 'requirements.txt')}`,
      { code: 'failed_precondition' },
    );
  }
  const said = parseJson(line, lineSchema, { source: 'output of majlis_trainer' });
  if ('error' in said) throw refusal(said, model);
  return {
    ...said,
    pid: child.pid,
    ended,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** torchrun where there are several ranks. */
function launcher({ ranks = 1 }: TorchProcessOptions): string[] {
  return ranks === 1 ? ['-m', 'majlis_trainer'] : ['-m', 'majlis_trainer.launch', String(ranks)];
}

function trainerArguments(options: TorchProcessOptions): string[] {
  const { model, port = 0, threads = 1, gradientCheckpointing = false } = options;
  const { host, tokenFile, device, dtype, passTokens } = options;
  const named = {
    '--model': resolve(model),
    '--port': String(port),
    '--threads': String(threads),
    '--host': host,
    '--token-file': tokenFile === undefined ? undefined : resolve(tokenFile),
    '--device': device,
    '--dtype': dtype,
    '--pass-tokens': passTokens?.toString(),
  };
  const given = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  const flags = gradientCheckpointing ? ['--gradient-checkpointing'] : [];
  return [...given, ...flags, '--until-stdin-ends'];
}

function refusal({ error, code }: z.infer<typeof failedSchema>, model: string): MajlisError {
  // About the machine or the options, and not about the model.
  if (code === 'unavailable' || code === 'failed_precondition') return new MajlisError(error, { code });
  return new BadInputError({
    source: '--model',
    place: model,
    found: error,
    allowed: 'a Hugging Face directory with config.json and model.safetensors',
  });
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
    throw new MajlisError(`${python} could not be started.`, { code: 'failed_precondition', cause });
  }
}
