import { z } from 'zod';

const LONGEST_NAME = 60;

/** An annotator's name: what stands in every label, so two spellings are two people. */
export const annotatorSchema = z
  .string()
  .trim()
  .normalize('NFC')
  .min(1)
  .max(LONGEST_NAME)
  .regex(/^[^\p{C}]*$/u, 'a name without control characters');
