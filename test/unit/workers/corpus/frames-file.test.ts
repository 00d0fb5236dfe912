import { parseYaml } from '../../../../core/config/read-yaml.js';
import { BadInputError } from '../../../../core/errors.js';
import { checkFrames, framesSchema } from '../../../../workers/corpus/frames-file.js';

const GOOD = `
locale: ar
registers: [msa, egyptian]
compose: { linesPerTopic: 8, poorShare: 0.25, expansionsPerFrame: { training: 2, heldOut: 2 }, longestAnswer: 80 }
fillers: { time: [غدا, اليوم] }
originFillers:
  here: { local: { msa: [هنا], egyptian: [هنا] }, foreign: { msa: [هناك], egyptian: [هناك] } }
topics:
  travel:
    training: ['أين أذهب {time}؟']
    heldOut: ['اقترح رحلة {time}.']
    answers: { msa: ['سوف أزور {place} {here}.'], egyptian: ['لازم أزور {place} {here}.'] }
poor:
  namesInStuffing: 4
  joiner: ' و'
  stuffing: { msa: ['هذا {names}.'], egyptian: ['ده {names}.'] }
  short: { msa: [نعم.], egyptian: [أيوه.] }
`;

function check(text: string): void {
  checkFrames(parseYaml(text, framesSchema, 'frames.yaml'), 'frames.yaml');
}

describe('a frames file', () => {
  it('is accepted when every slot has fillers and every register its sentences', () => {
    expect(() => check(GOOD)).not.toThrow();
  });

  it.each([
    [
      'an unknown slot in an answer',
      ["'سوف أزور {place} {here}.'", "'سوف أزور {city}.'"],
      /answers\.msa\[0\].*\{city\}/,
    ],
    ['an unknown slot in a prompt', ['اقترح رحلة {time}.', 'اقترح رحلة {when}.'], /heldOut\[0\].*\{when\}/],
    [
      'a register that a topic lacks',
      [", egyptian: ['لازم أزور {place} {here}.']", ''],
      /topics\.travel\.answers: found msa; allowed: exactly the registers msa, egyptian/,
    ],
    [
      'a register that an origin filler lacks',
      ['local: { msa: [هنا], egyptian: [هنا] }', 'local: { msa: [هنا] }'],
      /originFillers\.here\.local/,
    ],
    [
      'a prompt that leans to an origin',
      ['اقترح رحلة {time}.', 'اقترح رحلة {here}.'],
      /heldOut\[0\].*\{here\}; allowed: time/,
    ],
    ['an unknown key', ['joiner:', 'joinner:'], /joinner/],
    ['a share above one', ['poorShare: 0.25', 'poorShare: 1.5'], /poorShare.*1\.5/],
  ])('is refused for %s', (_case, [from, to], message) => {
    expect(GOOD).toContain(from);
    expect(() => check(GOOD.replace(from, to))).toThrow(BadInputError);
    expect(() => check(GOOD.replace(from, to))).toThrow(message);
  });
});
