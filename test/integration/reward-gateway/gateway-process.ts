import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { systemClock } from '../../../core/runtime/clock.js';
import type { AnswerPair } from '../../../core/domain/preference.js';
import type { PairVerdict } from '../../../core/domain/verdict.js';
import type { GatewayJudge } from '../../../reward/rpc/gateway-judge.js';
import { connectGatewayJudge } from '../../../reward/rpc/gateway-judge.js';
import type { JudgeRequest } from '../../../reward/judge/judge.js';
import { freePort } from '../../support/free-port.js';
import { startMajlis, type FinishedProcess } from '../cli/majlis-process.js';

export interface GatewayFile {
  readonly endpoints: Readonly<Record<string, object>>;
  readonly perRun?: number;
  readonly judge?: object;
  readonly routes?: readonly object[];
  readonly metrics?: { readonly port: number };
}

/** 3.70 and 11.10 of the currency for a million tokens: no round numbers. */
export const PRICE = { promptPerMillion: 3.7, completionPerMillion: 11.1 };

/** A gateway as a process of its own, on a port that stays the same when it is started again. */
export class GatewayProcess {
  /** Where it offers its metrics, if it does. */
  metricsUrl: string | undefined;
  private started: ReturnType<typeof startMajlis> | undefined;

  private constructor(
    readonly configPath: string,
    private readonly folder: string,
    readonly address: string,
  ) {}

  /** Writes the configuration into the folder and starts the process. */
  static async start(
    folder: string,
    { endpoints, perRun, judge, routes, metrics }: GatewayFile,
  ): Promise<GatewayProcess> {
    const port = await freePort();
    const configPath = join(folder, 'gateway.yaml');
    const names = Object.keys(endpoints);
    const config = {
      listen: { port },
      drainMs: 5000,
      ...(metrics === undefined ? {} : { metrics }),
      budget: { currency: 'USD', ...(perRun === undefined ? {} : { perRun }) },
      endpoints,
      judges: [
        {
          ...{ id: 'judge', model: 'test', maxReplyTokens: 40 },
          retry: { attempts: 12, firstDelayMs: 5, longestDelayMs: 40 },
          ...judge,
          routes: routes ?? names.map((endpoint) => ({ endpoint, price: PRICE })),
        },
      ],
    };
    writeFileSync(configPath, stringify(config));
    const gateway = new GatewayProcess(configPath, folder, `127.0.0.1:${port}`);
    await gateway.run();
    return gateway;
  }

  /** Starts the process, again after it has ended, and waits until it serves. */
  async run(): Promise<void> {
    const started = startMajlis(['reward', 'gateway', '--config', this.configPath]);
    this.started = started;
    const { stderr } = started.child;
    if (stderr === null) throw new Error('the process has no stderr');
    const lines = createInterface({ input: stderr });
    const serving = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        this.metricsUrl = /metrics at (\S+)$/.exec(line)?.[1] ?? this.metricsUrl;
        if (line.includes('serving judges')) resolve();
      });
    });
    const ended = started.finished.then(({ stderr: text }) => Promise.reject(new Error(`it ended: ${text}`)));
    ended.catch(() => undefined);
    await Promise.race([serving, ended]);
  }

  get token(): string {
    return readFileSync(join(this.folder, 'gateway.token'), 'utf8').trim();
  }

  connect(run = 'run-1', options: { deadlineMs?: number; retries?: number } = {}): Promise<GatewayJudge> {
    const { address, token } = this;
    return connectGatewayJudge({ address, token, judgeId: 'judge', run, clock: systemClock, ...options });
  }

  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<FinishedProcess> {
    if (this.started === undefined) throw new Error('it was never started');
    this.started.child.kill(signal);
    return this.started.finished;
  }
}

/** Answers to one question each; equal numbers make equal pairs. */
export function aPair(number: number): AnswerPair {
  return {
    id: `pair-${number}`,
    prompt: { id: `prompt-${number}`, locale: 'ar', text: `سؤال ${number}: أين أسافر؟` },
    first: `سافر إلى أسوان في الرحلة ${number}`,
    second: `سافر إلى لندن في الرحلة ${number}`,
  };
}

/** Asks all requests with so many callers at once; verdicts come in the requests' order. */
export async function askAll(
  judge: GatewayJudge,
  requests: readonly JudgeRequest[],
  { callers = 64, onVerdict }: { callers?: number; onVerdict?: (verdict: PairVerdict) => void } = {},
): Promise<PairVerdict[]> {
  const verdicts: PairVerdict[] = [];
  let next = 0;
  const call = async (): Promise<void> => {
    while (next < requests.length) {
      const at = next;
      next += 1;
      const verdict = await judge.judge(requests[at]);
      verdicts[at] = verdict;
      onVerdict?.(verdict);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return verdicts;
}
