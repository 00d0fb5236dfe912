/** A policy version: its place in the run's schedule and the hash of its weights. */
export interface PolicyVersion {
  /** 0 is the policy that the run starts from. */
  readonly version: number;
  /** sha256 of the published weights. */
  readonly hash: string;
  /** Where the weights lie: a Hugging Face directory that engines can open. */
  readonly location: string;
}
