/** What befalls a fleet in a rehearsal, by kind. */
export const FLEET_FAULTS = {
  'worker-killed': 'a worker is killed while it holds a task',
  'worker-stopped': 'a worker is stopped while it holds a task, and goes on when another has taken it',
  'worker-stalled': "a worker's connection to NATS stalls while it holds a task",
  'worker-dropped': "a worker's connection to NATS is dropped as it publishes",
  'coordinator-killed': 'the coordinator is killed after it accepted a result, and goes on',
  'coordinator-stopped': 'the coordinator is stopped while results come, and goes on',
  'coordinator-stalled': "the coordinator's connection to NATS stalls",
  'coordinator-dropped': "the coordinator's connection to NATS is dropped as it issues tasks",
  'nats-killed': 'the NATS server is killed and started again on its store',
  'messages-lost': 'the NATS server loses the tasks that it holds',
  'trainer-killed': 'the trainer is killed between gradients, and started again without its models',
  'gateway-killed': 'the gateway is killed while it judges, and started again',
  'result-repeated': 'a worker publishes a result twice',
  'result-late': 'a worker publishes a result again when its iteration is over',
  'result-changed': 'a worker publishes another result for a task that it has answered',
} as const;

export type FleetFault = keyof typeof FLEET_FAULTS;

export const FLEET_FAULT_KINDS = Object.keys(FLEET_FAULTS) as readonly FleetFault[];

/** Those that a worker does itself, when it is told to. */
export const MISCHIEF = ['result-repeated', 'result-late', 'result-changed'] as const;

export type Mischief = (typeof MISCHIEF)[number];
