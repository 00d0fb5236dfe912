/**
 * Who may ask what, as roles. A role is given to a token or to a certificate's name; which methods it may call stands in
 * role-methods.ts.
 */
export const ROLES = ['admin', 'researcher', 'worker', 'trainer', 'reader'] as const;

export type Role = (typeof ROLES)[number];

/** What each role is for, as documentation and refusals say it. */
export const ROLE_PURPOSES: Readonly<Record<Role, string>> = {
  admin: 'may call everything',
  researcher:
    'creates, pauses, resumes, cancels and rolls back runs, swaps and shadows rubrics, asks judges and rewards',
  worker: 'attaches to the coordinator; gets policies and large messages, puts large results',
  trainer:
    'may ask a reward server, and call the trainer service: what a trainer shows, and what is shown to one',
  reader: 'lists, shows and watches runs and workers, reads spend and demand; changes nothing',
};
