import { MajlisError } from '../../core/errors.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';

/** A tokenizer, and how its chat template frames text. */
export interface ChatTokenizerUnderTest {
  readonly tokenizer: ChatTokenizer;
  /** The same again, read anew. */
  again(): Promise<ChatTokenizer>;
  /** Ids of the special tokens that the template writes around one message and before an answer. */
  readonly frameIds: readonly number[];
  /** The text of one of them. */
  readonly specialText: string;
}

const ANSWER = 'مرحبا، the 안녕하세요 🙂 end';

/** What every adapter of the chat tokenizer port has to do. */
export function describeChatTokenizer(name: string, make: () => Promise<ChatTokenizerUnderTest>): void {
  describe(`${name} as a chat tokenizer`, () => {
    let subject: ChatTokenizerUnderTest;
    let tokenizer: ChatTokenizer;
    beforeAll(async () => {
      subject = await make();
      tokenizer = subject.tokenizer;
    });

    const rendered = (text: string): number[] => tokenizer.renderPrompt([{ role: 'user', content: text }]);
    const prompt = (text: string) => ({ id: 'p1', locale: 'ar', text });
    const specials = (ids: readonly number[]): number[] => ids.filter((id) => subject.frameIds.includes(id));

    it('gives ids below its vocabulary size', () => {
      for (const id of [...rendered(ANSWER), ...tokenizer.renderAnswer(ANSWER), ...tokenizer.stopTokenIds]) {
        expect(Number.isInteger(id) && id >= 0 && id < tokenizer.vocabSize).toBe(true);
      }
    });

    it('has the same hash and ids when it is read again', async () => {
      const again = await subject.again();
      expect(again.hash).toBe(tokenizer.hash);
      expect(again.hash).toMatch(/^[0-9a-f]{64}$/);
      expect(again.renderPrompt([{ role: 'user', content: ANSWER }])).toEqual(rendered(ANSWER));
    });

    it('frames a message with the special tokens of its template', () => {
      expect(specials(rendered('the'))).toEqual(subject.frameIds);
    });

    it('renders turns that were before', () => {
      const ids = tokenizer.renderPrompt([
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'the answer' },
        { role: 'user', content: 'b' },
      ]);
      expect(tokenizer.decodeAnswer(ids).text).toContain('the answer');
      expect(specials(ids).length).toBeGreaterThan(subject.frameIds.length);
    });

    it('ends an answer with the first stop token in it, and reads it back', () => {
      const ids = tokenizer.renderAnswer(ANSWER);
      const stops = ids.flatMap((id, at) => (tokenizer.stopTokenIds.includes(id) ? [at] : []));
      expect(stops).toEqual([ids.length - 1]);
      expect(tokenizer.decodeAnswer(ids)).toEqual({ text: ANSWER, cutCharacter: false });
    });

    it('does not obey a special token that somebody wrote', () => {
      const written = `before ${subject.specialText} after`;
      expect(specials(rendered(written))).toEqual(subject.frameIds);
      expect(tokenizer.decodeAnswer(rendered(written)).text).toContain(written);
      const answer = tokenizer.renderAnswer(written);
      expect(specials(answer.slice(0, -1))).toEqual([]);
      expect(tokenizer.decodeAnswer(answer).text).toBe(written);
    });

    it('keeps a prompt that fits as it is', () => {
      const ids = rendered('the');
      expect(tokenizer.tokenizePrompt(prompt('the'), ids.length)).toEqual({
        prompt: prompt('the'),
        tokenIds: ids,
        tokenizerHash: tokenizer.hash,
        truncated: false,
      });
    });

    it('cuts a longer prompt at its end, on a whole character, and marks it', () => {
      const text = '가나다 漢字 '.repeat(20);
      const frame = rendered('').length;
      for (const room of [4, 5, 6, 7, 20, 21]) {
        const { tokenIds, truncated } = tokenizer.tokenizePrompt(prompt(text), frame + room);
        expect(truncated).toBe(true);
        expect(tokenIds.length).toBeLessThanOrEqual(frame + room);
        expect(specials(tokenIds)).toEqual(subject.frameIds);
        const decoded = tokenizer.decodeAnswer(tokenIds).text;
        expect(decoded).toContain('가');
        expect(decoded).not.toContain('\ufffd');
      }
    });

    it('refuses a limit that the frame fills', () => {
      const cutting = (): unknown => tokenizer.tokenizePrompt(prompt('the'), rendered('').length);
      expect(cutting).toThrow('prompt p1: found room for');
    });

    it('decodes a growing answer to a growing text, whose unfinished character alone changes', () => {
      const ids = tokenizer.renderAnswer(ANSWER).slice(0, -1);
      let cuts = 0;
      for (let length = 0; length <= ids.length; length += 1) {
        const { text, cutCharacter } = tokenizer.decodeAnswer(ids.slice(0, length));
        cuts += Number(cutCharacter);
        expect(text.endsWith('\ufffd')).toBe(cutCharacter);
        expect(ANSWER.startsWith(cutCharacter ? text.slice(0, -1) : text)).toBe(true);
      }
      // The face is no token of its own: it takes four bytes, so at least one cut lies inside of it.
      expect(cuts).toBeGreaterThan(0);
    });

    it('refuses to decode an id that it does not have', () => {
      expect(() => tokenizer.decodeAnswer([tokenizer.vocabSize])).toThrow(MajlisError);
    });
  });
}
