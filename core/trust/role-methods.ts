import type { Role } from './role.js';

/**
 * Which role may call which method. A method that stands in no list is refused to everybody, admins too: whoever adds a
 * method to a service decides here who may call it.
 *
 * gRPC methods are named by their path, what is asked over HTTP by `<server>/<what is done>`.
 */
const COORDINATOR = '/majlis.v1.CoordinatorService/';
const JUDGES = '/majlis.v1.JudgeService/';
const REWARDS = '/majlis.v1.RewardService/';
const TRAINER = '/majlis.v1.TrainerService/';
const SCALER = '/externalscaler.ExternalScaler/';

/** What is asked of the artifact server. */
export const ARTIFACT_METHODS = { get: 'artifacts/get', put: 'artifacts/put' } as const;

/** What is asked of the reward over HTTP, in whichever contract. */
export const REWARD_METHODS = { score: 'reward/score' } as const;

/** What changes a run, and is written into the audit log. */
const AUDITED = [
  ...named(COORDINATOR, 'CreateRun', 'PauseRun', 'ResumeRun', 'CancelRun', 'RollBackRun'),
  ...named(COORDINATOR, 'SwapRubric', 'ShadowRubric', 'StopShadow'),
];

const LISTS: readonly { readonly roles: readonly Role[]; readonly methods: readonly string[] }[] = [
  { roles: ['researcher', 'worker', 'trainer', 'reader'], methods: [`${COORDINATOR}Greet`] },
  {
    roles: ['researcher', 'reader'],
    methods: [
      ...named(COORDINATOR, 'GetRun', 'ListRuns', 'WatchRun', 'ListWorkers', 'ListPools'),
      ...named(JUDGES, 'ListJudges', 'GetSpend'),
    ],
  },
  {
    roles: ['researcher'],
    methods: [...AUDITED, ...named(JUDGES, 'Judge', 'JudgeStream')],
  },
  {
    roles: ['researcher', 'trainer'],
    methods: named(REWARDS, 'Score', 'ScoreStream'),
  },
  {
    roles: ['worker'],
    methods: [`${COORDINATOR}AttachWorker`, ARTIFACT_METHODS.get, ARTIFACT_METHODS.put],
  },
  { roles: ['researcher', 'trainer'], methods: [REWARD_METHODS.score] },
  {
    roles: ['trainer'],
    methods: [
      ...named(TRAINER, 'GetCapabilities', 'CreateModel', 'DeleteModel', 'Forward', 'ForwardBackward'),
      ...named(TRAINER, 'OptimStep', 'PublishWeights', 'SaveCheckpoint', 'LoadCheckpoint'),
    ],
  },
  {
    roles: ['reader'],
    methods: named(SCALER, 'IsActive', 'StreamIsActive', 'GetMetricSpec', 'GetMetrics'),
  },
];

const ROLES_OF: ReadonlyMap<string, readonly Role[]> = new Map(
  LISTS.flatMap(({ roles, methods }) => methods.map((method) => [method, ['admin', ...roles]] as const)),
);

/** Who may call it, admins first; nobody where no list has it. */
export function rolesFor(method: string): readonly Role[] {
  return ROLES_OF.get(method) ?? [];
}

/** Every method that anybody may call. */
export function knownMethods(): readonly string[] {
  return [...ROLES_OF.keys()];
}

/** Whether it changes a run, so that the audit log has a line of it. */
export function isAudited(method: string): boolean {
  return AUDITED.includes(method);
}

function named(service: string, ...methods: readonly string[]): readonly string[] {
  return methods.map((method) => `${service}${method}`);
}
