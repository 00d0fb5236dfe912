import { resolve } from 'node:path';
import { z } from 'zod';
import { startPythonServer, type PythonServer } from './python-server.js';

/** What a CPU generator is started with. */
export interface GeneratorProcessOptions {
  /** A Python interpreter that has the package's dependencies. */
  readonly python: string;
  /** A Hugging Face directory with a causal language model. */
  readonly model: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Of one operation; 1 unless told, which is fastest for tiny models. */
  readonly threads?: number;
  /** Told each line of its stderr. */
  readonly onLine?: (line: string) => void;
}

/** A generator that listens. */
export interface GeneratorProcess extends PythonServer {
  /** What an `OpenAiEngine` connects to. */
  readonly baseUrl: string;
  /** Longest prompt plus answer, in tokens. */
  readonly contextLength: number;
}

const readySchema = z.object({ baseUrl: z.string(), contextLength: z.int() });

/** Starts a generator and waits until it listens; it fails as `startPythonServer` does. */
export function startGeneratorProcess(options: GeneratorProcessOptions): Promise<GeneratorProcess> {
  const { python, model, port = 0, threads = 1 } = options;
  const directory = resolve(model);
  const parameters = ['-m', 'majlis_trainer.generator', '--model', directory, '--port', String(port)];
  return startPythonServer({
    python,
    parameters: [...parameters, '--threads', String(threads), '--until-stdin-ends'],
    model: directory,
    onLine: options.onLine,
    name: 'the generator',
    ready: readySchema,
  });
}
