import { parseDocument } from 'yaml';
import { readText } from '../../../core/config/read-text.js';
import type { CldrFacts } from './cldr-facts.js';
import { currencyToDo, timeZoneOf } from './scaffold-profile.js';

/**
 * Another locale's profile as the beginning of a new one, for a second region of a language: lists and their notes are
 * kept, what CLDR knows better is replaced, and what it does not know is a TODO.
 */
export async function copyProfile(path: string, from: string, facts: CldrFacts): Promise<string> {
  const document = parseDocument(await readText(path));
  document.set('locale', facts.tag);
  document.set('digits', document.createNode(facts.digits, { flow: true }));
  document.setIn(['units', 'currency'], currencyToDo(facts));
  document.setIn(['units', 'calendar'], facts.calendar);
  document.setIn(['units', 'timeZone'], timeZoneOf(facts));
  const note = ` Copied from the profile of ${from}: check every list for ${facts.region ?? facts.tag}. Its notes follow.`;
  document.commentBefore = [note, document.commentBefore].filter((part) => part != null).join('\n');
  return document.toString({ lineWidth: 0 });
}
