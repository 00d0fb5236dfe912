/**
 * A run with all that it needs on this machine, as processes with one log view.
 *
 * - What has no address in the run file is started; what has one is somebody else's.
 * - The run is started last, once all others answer, and ended first: nothing that it asks goes away under it.
 * - Where the run ends, is stopped, or another process fails, all of them end; whoever failed is named with its last lines.
 */
import { dirname, resolve } from 'node:path';
import { readYaml } from '../../core/config/read-yaml.js';
import { runConfigSchema, type RunConfig } from '../../core/config/run-config.js';
import { isOwnModel } from '../../core/config/model-options.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { compiledModule } from '../../core/runtime/package-root.js';
import type { CommandResult, Session } from '../commands/session.js';
import { ensureTorchEnvironment } from '../commands/trainer/torch-environment.js';
import { startTrainer } from './kept-trainer.js';
import { LogView } from './log-view.js';
import type { Service } from './service.js';
import { startCommand, type CommandToStart } from './start-command.js';
import { startEngine } from './start-engine.js';

export interface UpOptions {
  readonly runFile: string;
  readonly workspace: string;
  readonly json: boolean;
  /** An interpreter that has what trainer and generator need; without it an environment is made. */
  readonly python?: string;
  /** Goes on with this run of the workspace. */
  readonly continue?: string;
  /** Further words for `majlis run`. */
  readonly runFlags: readonly string[];
}

/** Runs until the run has ended, or something failed, or the person asks to stop. */
export async function up(options: UpOptions, session: Session): Promise<CommandResult> {
  const config = await readYaml(options.runFile, runConfigSchema);
  const { tls, address } = config.trainer?.torch ?? {};
  if (tls !== undefined && address === undefined) throw needlessTls(options.runFile);
  const view = new LogView({ terminal: session.terminal, json: options.json });
  const all = new Processes(options, config, { view, session });
  try {
    return await all.run();
  } finally {
    await all.stop();
  }
}

class Processes {
  private readonly services: Service[] = [];
  private readonly result: string[] = [];
  private readonly stopping = new AbortController();
  private starting: readonly Promise<unknown>[] = [];
  private ownPython: Promise<string> | undefined;

  constructor(
    private readonly options: UpOptions,
    private readonly config: RunConfig,
    private readonly parts: { readonly view: LogView; readonly session: Session },
  ) {}

  /** The newest first: whoever asks ends before who is asked. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.starting);
    for (const service of this.services.splice(0).reverse()) await service.stop();
  }

  async run(): Promise<CommandResult> {
    const { signal } = this.parts.session;
    const starting = [this.trainer(), this.engine()] as const;
    this.starting = starting;
    const [trainer, engine] = await Promise.all(starting);
    await this.gateway();
    signal.throwIfAborted();
    const others = [...this.services];
    const run = this.coordinator([...trainer, ...engine]);
    const status = await Promise.race([
      run.ended,
      ...others.map((one) => this.failureOf(one)),
      stopped(signal),
    ]);
    return this.resultOf(status);
  }

  private async trainer(): Promise<string[]> {
    const choice = this.config.trainer?.torch;
    if (choice === undefined || choice.address !== undefined) return [];
    const { tokenFile, ...started } = choice;
    const service = await startTrainer({
      ...started,
      ...(tokenFile === undefined ? {} : { tokenFile: this.beside(tokenFile) }),
      python: await this.python(),
      model: this.model('trainer'),
      clock: this.parts.session.clock,
      onLine: this.parts.view.of('trainer'),
    });
    this.add(service, `process ${String(service.pid())} listens at ${service.address}`);
    return ['--trainer', service.address];
  }

  private async engine(): Promise<string[]> {
    const choice = this.config.engine?.openai;
    if (choice === undefined || choice.urls !== undefined) return [];
    const { clock, signal: asked } = this.parts.session;
    const signal = AbortSignal.any([asked, this.stopping.signal]);
    const service = await startEngine({
      model: this.model('engine'),
      command: choice.command,
      python: () => this.python(),
      ...{ clock, signal, onLine: this.parts.view.of('engine') },
    });
    this.add(service, `listens at ${service.url}`);
    return ['--engine', service.url];
  }

  /** The run finds it by the gateway file. */
  private async gateway(): Promise<void> {
    const file = this.config.judges?.gateway;
    if (file === undefined) return;
    const view = this.parts.view.of('reward');
    let tell = (): void => undefined;
    const listens = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const onLine = (line: string): void => {
      view(line);
      if (line.includes('serving judges')) tell();
    };
    const service = this.majlis('reward', ['reward', 'gateway', '--config', this.beside(file)], { onLine });
    this.services.push(service);
    await Promise.race([listens, this.failureOf(service), stopped(this.parts.session.signal)]);
  }

  private coordinator(places: readonly string[]): Service {
    const { runFile, workspace, json, continue: run, runFlags } = this.options;
    const what = run === undefined ? [runFile] : ['--continue', run];
    const flags = ['--workspace', workspace, ...(json ? ['--json'] : []), ...places, ...runFlags];
    const service = this.majlis('run', ['run', ...what, ...flags], {
      onLine: this.parts.view.of('run'),
      onResult: (line) => this.result.push(line),
    });
    this.services.push(service);
    return service;
  }

  private majlis(
    name: string,
    words: readonly string[],
    listeners: Pick<CommandToStart, 'onLine' | 'onResult'>,
  ): Service {
    const args = [compiledModule('cli/main'), ...words];
    const { clock } = this.parts.session;
    return startCommand({ name, command: process.execPath, args, clock, ...listeners });
  }

  private add(service: Service, what: string): void {
    this.services.push(service);
    this.parts.view.of(service.name)(what);
  }

  private model(who: string): string {
    const { model } = this.config;
    if (!isOwnModel(model)) return this.beside(model.directory);
    throw new BadInputError({
      ...{ source: this.options.runFile, place: 'model.directory', found: 'nothing' },
      allowed: `the Hugging Face directory that the ${who} opens, or the address of one that is running`,
    });
  }

  private beside(path: string): string {
    return resolve(dirname(this.options.runFile), path);
  }

  private python(): Promise<string> {
    const { environment, clock, signal, terminal } = this.parts.session;
    const say = (line: string): void => terminal.say(line);
    const made = (): Promise<string> => ensureTorchEnvironment({ environment, clock, signal, say });
    this.ownPython ??= this.options.python === undefined ? made() : Promise.resolve(this.options.python);
    return this.ownPython;
  }

  /** Rejects once a process that should not end has ended. */
  private async failureOf({ name, ended }: Service): Promise<never> {
    const status = await ended;
    const last = this.parts.view.lastOf(name);
    const said = last.length === 0 ? 'It said nothing.' : `Its last lines: ${last.join(' / ')}`;
    throw new MajlisError(`The ${name} ended with status ${String(status)}. ${said}`, {
      code: 'unavailable',
    });
  }

  private resultOf(status: number | null): CommandResult {
    const exitCode = status ?? 1;
    if (!this.options.json) return { json: undefined, text: this.result.join('\n'), exitCode };
    const line = this.result.at(-1);
    return { json: line === undefined ? { status } : (JSON.parse(line) as unknown), text: '', exitCode };
  }
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function needlessTls(source: string): BadInputError {
  return new BadInputError({
    ...{ source, place: 'trainer.torch.tls', found: 'files, but no trainer.torch.address' },
    allowed: 'none where "majlis up" starts the trainer: it listens to this machine alone, in plaintext',
  });
}
