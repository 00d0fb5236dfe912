/** The walls that project references cannot draw. @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-and-maths-import-nothing',
      comment: 'The centre is pure: no node:, no npm, nothing outside itself.',
      severity: 'error',
      from: { path: '^core/(domain|math)/|^core/errors\\.ts$' },
      to: { pathNot: '^core/(domain|math)/|^core/errors\\.ts$' },
    },
    {
      name: 'ports-import-the-domain-only',
      severity: 'error',
      from: {
        path: '^core/(bus/bus|engine/engine|tokens/chat-tokenizer|trainer/trainer|scorer/scorer|ledger/ledger|judgements/judgement-store|artifacts/artifact-store|telemetry/metrics/metrics-sink|telemetry/tracing/tracer)\\.ts$',
      },
      to: { pathNot: '^core/(domain|errors)' },
    },
    {
      name: 'planes-never-meet',
      severity: 'error',
      from: { path: '^(coordinator|workers|reward)/' },
      to: { path: '^(coordinator|workers|reward)/', pathNot: '^$1/' },
    },
    {
      name: 'nobody-imports-the-composition-root',
      severity: 'error',
      from: { path: '^(core|coordinator|workers|reward)/' },
      to: { path: '^(cli|test|bench)/' },
    },
    {
      name: 'vendor-sdks-only-in-adapters',
      severity: 'error',
      from: {
        pathNot:
          '^core/(bus|engine|network|tokens|trainer|scorer|database|ledger|artifacts|judgements|rpc|telemetry|config)/|^proto/|/rpc/|^cli/|^bench/',
      },
      to: {
        path: 'node_modules/(@aws-sdk|@bufbuild|@grpc|@huggingface|@opentelemetry|nats|libsql|onnxruntime|onnx-proto|pino|prom-client|protobufjs)',
      },
    },
    {
      name: 'control-judge-knows-no-reward-code',
      comment:
        'The control judge measures the reward plane; sharing code or data with it would make the measurement circular.',
      severity: 'error',
      from: { path: '^workers/evaluation/' },
      to: { path: '^reward/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    exclude: { path: '^dist/' },
  },
};
