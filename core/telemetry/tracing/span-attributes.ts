/**
 * The attributes that spans carry, by name; no other file spells one. Those of OpenTelemetry are pinned here at semantic
 * conventions 1.45 (messaging and RPC) and at the conventions for generative AI of the same time: both still move, and a
 * dashboard that is built on them should not move with a package's version.
 */
export const SPAN_ATTRIBUTES = {
  messagingSystem: 'messaging.system.name',
  messagingDestination: 'messaging.destination.name',
  messagingOperation: 'messaging.operation.name',
  messagingBodySize: 'messaging.message.body.size',
  rpcSystem: 'rpc.system.name',
  /** `package.Service/Method`. */
  rpcMethod: 'rpc.method',
  /** By name, as `OK` or `DEADLINE_EXCEEDED`. */
  rpcStatus: 'rpc.response.status_code',
  errorType: 'error.type',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  genAiOperation: 'gen_ai.operation.name',
  /** Where it is none that the conventions know, the name of the endpoint in the gateway's file. */
  genAiProvider: 'gen_ai.provider.name',
  genAiModel: 'gen_ai.request.model',
  genAiMaxTokens: 'gen_ai.request.max_tokens',
  genAiTemperature: 'gen_ai.request.temperature',
  genAiSeed: 'gen_ai.request.seed',
  genAiInputTokens: 'gen_ai.usage.input_tokens',
  genAiOutputTokens: 'gen_ai.usage.output_tokens',
  task: 'majlis.task.id',
  /** How often the task was put on the bus. */
  issue: 'majlis.task.issue',
  /** How often the message was delivered. */
  attempt: 'majlis.task.attempt',
  run: 'majlis.run',
  iteration: 'majlis.iteration',
  outcome: 'majlis.outcome',
  judge: 'majlis.judge.id',
  /** Whence a verdict came: `cache`, `shared` or `judge`. */
  verdictSource: 'majlis.verdict.source',
  policyVersion: 'majlis.policy.version',
  policyHash: 'majlis.policy.hash',
  rubricHash: 'majlis.rubric.hash',
  rewardModelHash: 'majlis.reward_model.hash',
  answers: 'majlis.answers',
  /** Of them. */
  scored: 'majlis.answers.scored',
} as const;
