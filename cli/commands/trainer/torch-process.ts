import { resolve } from 'node:path';
import { z } from 'zod';
import { BadInputError } from '../../../core/errors.js';
import { startPythonServer, type PythonServer } from './python-server.js';

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
  /** Machines of as many ranks each that share the work; one unless told. */
  readonly nodes?: number;
  /** Which of them this is; 0, which serves, unless told. */
  readonly node?: number;
  /** HOST:PORT where machine 0 is met by the others. */
  readonly rendezvous?: string;
  /** 127.0.0.1 unless told; any other address needs a token and TLS, or `insecure`. */
  readonly host?: string;
  /** Holds the token that every call must show. */
  readonly tokenFile?: string;
  /** Its certificate, the key of that, and the CA of clients, who then have to show one; PEM files. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  /** Listens beyond this machine without token or TLS. */
  readonly insecure?: boolean;
  /** A GPU where PyTorch finds one, unless told. */
  readonly device?: 'cpu' | 'cuda';
  /** Of matrix products; bfloat16 on a GPU and float32 on a CPU unless told. */
  readonly dtype?: 'float32' | 'bfloat16';
  /** Tokens of one pass through a model, padding included; 4,096 unless told. */
  readonly passTokens?: number;
  /** Recomputes layers in the backward pass: less memory, more time. */
  readonly gradientCheckpointing?: boolean;
  /** A receiver of OTLP over HTTP; the Python needs OpenTelemetry's packages for it. */
  readonly trace?: string;
  /** Told each line of its stderr. */
  readonly onLine?: (line: string) => void;
}

/** A trainer that listens, or that follows one which does. */
export interface TorchProcess extends PythonServer {
  /** host:port; where it follows, that of the rendezvous. */
  readonly address: string;
  /** Whether it is another machine's ranks, which nobody calls. */
  readonly follows: boolean;
  /** Longest sequence of the model, in tokens. */
  readonly contextLength: number;
}

const readySchema = z.object({
  address: z.string(),
  contextLength: z.int(),
  follows: z.boolean().default(false),
});

/** Starts a trainer and waits until it listens; it fails as `startPythonServer` does. */
export function startTorchProcess(options: TorchProcessOptions): Promise<TorchProcess> {
  const { python, model, onLine } = options;
  const parameters = [...launcher(options), ...trainerArguments(options)];
  return startPythonServer({ python, parameters, model, name: 'the trainer', ready: readySchema, onLine });
}

/** torchrun where there are several ranks. */
function launcher({ ranks = 1, nodes = 1, node = 0, rendezvous }: TorchProcessOptions): string[] {
  const launch = ['-m', 'majlis_trainer.launch', String(ranks)];
  if (nodes === 1) return ranks === 1 ? ['-m', 'majlis_trainer'] : launch;
  if (rendezvous === undefined || node >= nodes) {
    const found = rendezvous === undefined ? 'no --rendezvous' : `--node ${node}`;
    const allowed = `--rendezvous HOST:PORT of node 0, and --node from 0 to ${nodes - 1}`;
    throw new BadInputError({ source: '--nodes', found, allowed });
  }
  return [...launch, '--nodes', String(nodes), '--node', String(node), '--rendezvous', rendezvous];
}

function trainerArguments(options: TorchProcessOptions): string[] {
  const { model, port = 0, threads = 1, gradientCheckpointing = false } = options;
  const { host, device, dtype, passTokens, trace, insecure = false } = options;
  const files = Object.entries({
    '--token-file': options.tokenFile,
    '--tls-cert': options.tlsCert,
    '--tls-key': options.tlsKey,
    '--tls-ca': options.tlsCa,
  }).flatMap(([name, file]) => (file === undefined ? [] : [name, resolve(file)]));
  const named = {
    '--model': resolve(model),
    '--port': String(port),
    '--threads': String(threads),
    '--host': host,
    '--device': device,
    '--dtype': dtype,
    '--pass-tokens': passTokens?.toString(),
    '--trace': trace,
  };
  const given = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  const flags = [
    ...(gradientCheckpointing ? ['--gradient-checkpointing'] : []),
    ...(insecure ? ['--insecure'] : []),
  ];
  return [...given, ...files, ...flags, '--until-stdin-ends'];
}
