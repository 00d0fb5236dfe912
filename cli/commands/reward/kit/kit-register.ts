import type { CultureKit } from '../../../../reward/kit/culture-kit.js';

/** The register that a rubric asks for, where the kit names the rubric. */
export function registerOfRubric({ manifest }: CultureKit, rubricId: string): string | undefined {
  return manifest.registers.find(({ rubric }) => rubric === rubricId)?.name;
}
