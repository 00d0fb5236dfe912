/** Noncharacters, which text for interchange does not have (The Unicode Standard, 23.7). */
const OPEN = '\ufdd0';
const CLOSE = '\ufdd1';
const MARK = new RegExp(`${OPEN}(\\d+)${CLOSE}`, 'g');
const SYNTAX = /[\\^$.*+?()[\]{}|]/g;

/**
 * Special tokens that somebody wrote out in the content of a message. They are hidden behind marks while the chat template
 * renders, so that afterwards those of the template are told apart from those of a writer.
 */
export class SpelledTokens {
  private readonly pattern: RegExp | undefined;

  constructor(private readonly texts: readonly string[]) {
    const longestFirst = [...texts].sort((a, b) => b.length - a.length);
    const alternatives = longestFirst.map((text) => text.replaceAll(SYNTAX, '\\$&'));
    this.pattern = texts.length === 0 ? undefined : new RegExp(`(${alternatives.join('|')})`, 'g');
  }

  /** The content itself where it spells no special token. */
  hide(content: string): string {
    if (this.pattern === undefined) return content;
    return content.replaceAll(this.pattern, (text) => `${OPEN}${String(this.texts.indexOf(text))}${CLOSE}`);
  }

  /** As it was written. */
  show(hidden: string): string {
    return hidden.replaceAll(MARK, (mark: string, index: string) => this.texts[Number(index)] ?? mark);
  }

  /** Rendered text with its special tokens, each a part of its own, in order. */
  split(rendered: string): string[] {
    return this.pattern === undefined ? [rendered] : rendered.split(this.pattern);
  }
}
