/** What Majlis takes from the environment; nothing else in it is read. An empty variable counts as unset. */
export interface Environment {
  /** `CI`: progress is written as plain lines even on a terminal. */
  readonly isCi: boolean;
  /** `TERM=dumb` or `NO_COLOR`: nothing may move the cursor or dress the text. */
  readonly isPlainTerminal: boolean;
  /** `MAJLIS_WORKSPACE`: the folder of ledger and runs, where no flag names one. */
  readonly workspace?: string;
  /** `XDG_CACHE_HOME`: where what can be made again is kept, instead of `~/.cache`. */
  readonly cacheFolder?: string;
  /** `OPENAI_API_KEY`: sent to the judge endpoint, where no flag names a key file. */
  readonly openAiApiKey?: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: a receiver of traces over HTTP, where no flag names one. */
  readonly traceUrl?: string;
}

/** Reads the environment once, at the start of a process. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const set = (name: string): string | undefined => (variables[name] === '' ? undefined : variables[name]);
  const workspace = set('MAJLIS_WORKSPACE');
  const cacheFolder = set('XDG_CACHE_HOME');
  const openAiApiKey = set('OPENAI_API_KEY');
  const traceUrl = set('OTEL_EXPORTER_OTLP_ENDPOINT');
  return {
    isCi: !['false', '0', undefined].includes(set('CI')),
    isPlainTerminal: set('TERM') === 'dumb' || set('NO_COLOR') !== undefined,
    ...(workspace === undefined ? {} : { workspace }),
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
    ...(openAiApiKey === undefined ? {} : { openAiApiKey }),
    ...(traceUrl === undefined ? {} : { traceUrl }),
  };
}
