/** The labelling page as a person meets it: a real server, a real label file, a real browser. */
import type { Page } from 'playwright-core';
import type { AnswerPair } from '../../core/domain/preference.js';
import { describeWithBrowser, useBrowser } from '../support/browser.js';
import { startLabelRig, type LabelRig, type LabelRigOptions } from '../support/label-rig.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';

jest.setTimeout(60_000);

const ARABIC = { prompt: 'كيف أعتذر لجاري؟', first: 'اطرق بابه وقل له: أعتذر.', second: 'لا داعي للاعتذار.' };
const KOREAN = {
  prompt: '비가 오는데 어떻게 할까요?',
  first: '우산을 사 보세요.',
  second: '우산을 사십시오.',
};

function pairsOf(texts: { prompt: string; first: string; second: string }, count: number): AnswerPair[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `p${at}`,
    prompt: { id: `p${at}`, locale: texts === KOREAN ? 'ko-KR' : 'ar-EG', text: `${texts.prompt} ${at}` },
    first: texts.first,
    second: texts.second,
  }));
}

/** WCAG 2.2's contrast ratio of two `rgb(…)` colours. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Colour of every element that has text of its own, and of the first opaque ground behind it. Runs in the page. */
const COLOURS = `[...document.querySelectorAll('body *')].flatMap((element) => {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
  if (!own || !element.checkVisibility() || element.disabled) return [];
  let ground = element;
  const opaque = (colour) => !/^rgba\\(.*, 0\\)$/.test(colour);
  while (ground.parentElement && !opaque(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const { color } = getComputedStyle(element);
  return [{ text: element.textContent.trim(), color, ground: getComputedStyle(ground).backgroundColor }];
})`;

describeWithBrowser('the labelling page', () => {
  const folder = useTemporaryFolder();
  const browser = useBrowser();
  let rig: LabelRig;
  let page: Page;
  let problems: string[];
  let asked: Set<string>;

  async function open(options: Omit<LabelRigOptions, 'folder'>): Promise<void> {
    rig = await startLabelRig({ folder: folder(), ...options });
    page = await browser().newPage();
    problems = [];
    asked = new Set();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    await page.goto(rig.server.url);
    await ready();
  }

  /** The page has loaded before its program has told it what to show: it is dressed once it asks for a name or an answer. */
  async function ready(): Promise<void> {
    await page.locator('#name-form:not([hidden]), #task:not([hidden]), #finished:not([hidden])').waitFor();
  }

  /** Waits until the page shows how far it is. */
  async function reach(done: number): Promise<void> {
    await page.locator(`progress[value="${done}"]`).waitFor();
    await page.locator('#undo:not([disabled])').waitFor();
  }

  async function preferFirst(first: string): Promise<void> {
    const answer = await page.locator('#answer-one').textContent();
    await page.keyboard.press(answer === first ? '1' : '2');
  }

  afterEach(async () => {
    await page.close();
    await rig.server.close();
  });

  it('is Arabic and right to left for Arabic pairs, and takes answers by keyboard to the end', async () => {
    await open({ pairs: pairsOf(ARABIC, 5) });
    const html = page.locator('html');
    expect([await html.getAttribute('dir'), await html.getAttribute('lang')]).toEqual(['rtl', 'ar']);
    expect(await page.evaluate('document.activeElement.id')).toBe('name');
    await page.keyboard.type('أمل');
    await page.keyboard.press('Enter');

    const answer = page.locator('#answer-one');
    await answer.waitFor();
    expect([await answer.getAttribute('dir'), await answer.getAttribute('lang')]).toEqual(['rtl', 'ar-EG']);
    const [one, two] = [await answer.boundingBox(), await page.locator('#answer-two').boundingBox()];
    expect(one?.x).toBeGreaterThan(two?.x ?? Infinity);
    expect(await page.evaluate('document.activeElement.id')).toBe('question-heading');

    for (let done = 1; done <= 6; done += 1) {
      await preferFirst(ARABIC.first);
      await reach(done);
      expect(rig.labels()).toHaveLength(done);
    }
    await page.getByText('انتهت الأسئلة كلها').waitFor();
    await page.getByText('1/1 (100 %)').waitFor();
    expect(new Set(rig.labels().map(({ choice }) => choice))).toEqual(new Set(['first']));
    expect(new Set(rig.labels().map(({ annotator }) => annotator))).toEqual(new Set(['أمل']));
    expect(problems).toEqual([]);
    expect([...asked]).toEqual([new URL(rig.server.url).origin]);
  });

  it('points arrows at the answer as it lies on the page, in either direction of writing', async () => {
    await open({ pairs: pairsOf(ARABIC, 5), annotator: 'Amal' });
    const right = await page.locator('#answer-one').textContent();
    await page.keyboard.press('ArrowRight');
    await reach(1);
    expect(rig.labels()[0].choice).toBe(right === ARABIC.first ? 'first' : 'second');
    await page.close();
    await rig.server.close();

    await open({ pairs: pairsOf(KOREAN, 5), locale: 'ko-KR', annotator: 'Bora' });
    const html = page.locator('html');
    expect([await html.getAttribute('dir'), await html.getAttribute('lang')]).toEqual(['ltr', 'ko']);
    const left = await page.locator('#answer-one').textContent();
    await page.keyboard.press('ArrowLeft');
    await reach(1);
    const own = rig.labels().filter(({ annotator }) => annotator === 'Bora');
    expect(own.map(({ choice }) => choice)).toEqual([left === KOREAN.first ? 'first' : 'second']);
    expect(problems).toEqual([]);
  });

  it('takes answers back, goes on after a reload, and changes the annotator', async () => {
    await open({ pairs: pairsOf(KOREAN, 5), locale: 'ko-KR', annotator: 'Bora' });
    const first = await page.locator('#prompt').textContent();
    await page.keyboard.press('0');
    await reach(1);
    await page.getByRole('button', { name: '답 2가 더 좋음' }).click();
    await reach(2);
    await page.keyboard.press('u');
    await reach(1);
    await page.keyboard.press('Control+z');
    await page.locator('progress[value="0"]').waitFor();
    expect(await page.locator('#prompt').textContent()).toBe(first);
    expect(rig.labels()).toEqual([]);

    await page.keyboard.press('2');
    await reach(1);
    await page.reload();
    await reach(1);
    await page.getByRole('button', { name: '평가자 바꾸기' }).click();
    await page.getByLabel('이름').fill('Jun');
    await page.getByRole('button', { name: '시작하기' }).click();
    await page.locator('progress[value="0"]').waitFor();
    await page.keyboard.press('1');
    await reach(1);
    expect(rig.labels().map(({ annotator }) => annotator)).toEqual(['Bora', 'Jun']);
  });

  it('shows a hostile answer as text, and lets it reach nothing', async () => {
    const attack =
      '<img src="http://evil.example/x" onerror="document.title=1"><script>document.title=2</script>\u202eabc';
    const pairs = pairsOf({ ...ARABIC, prompt: '<b>bold</b>', first: attack }, 1);
    await open({ pairs, annotator: '<i>Amal</i>' });
    const shown = await Promise.all(
      ['one', 'two'].map((side) => page.locator(`#answer-${side}`).textContent()),
    );
    expect(shown).toContain(attack);
    expect(await page.locator('#annotator-name').textContent()).toBe('<i>Amal</i>');
    expect(await page.locator('main img, main script, main b, header i').count()).toBe(0);
    expect(await page.title()).not.toMatch(/^[12]$/);
    expect([...asked]).toEqual([new URL(rig.server.url).origin]);
    expect(problems).toEqual([]);
  });

  it('says that an answer was not saved, stays with the pair, and takes the answer again', async () => {
    await open({ pairs: pairsOf(KOREAN, 5), locale: 'ko-KR', annotator: 'Bora' });
    const prompt = await page.locator('#prompt').textContent();
    await page.route('**/api/answers', (route) => route.abort());
    await page.keyboard.press('1');
    await page.getByRole('alert').getByText('저장하지 못했습니다').waitFor();
    expect(await page.locator('#prompt').textContent()).toBe(prompt);
    expect(rig.labels()).toEqual([]);
    await page.unroute('**/api/answers');
    await page.keyboard.press('1');
    await reach(1);
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    expect(rig.labels()).toHaveLength(1);
  });

  it('follows what another window of the same person did', async () => {
    await open({ pairs: pairsOf(KOREAN, 5), locale: 'ko-KR', annotator: 'Bora' });
    await rig.desk.answer('Bora', 0, 'one');
    await page.keyboard.press('2');
    await reach(1);
    await page.getByText('다른 창에서 먼저 진행했습니다').waitFor();
    expect(rig.labels()).toHaveLength(1);
  });

  it.each(['light', 'dark'] as const)(
    'has enough contrast for every text in %s colours',
    async (colorScheme) => {
      await open({ pairs: pairsOf(ARABIC, 5), annotator: 'Amal' });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.keyboard.press('0');
      await reach(1);
      for (const summary of await page.locator('summary').all()) await summary.click();
      await page.locator('table').first().waitFor();
      const colours = await page.evaluate<{ text: string; color: string; ground: string }[]>(COLOURS);
      expect(colours.length).toBeGreaterThan(15);
      const poor = colours.filter(({ color, ground }) => contrast(color, ground) < 4.5);
      expect(poor).toEqual([]);
      expect(new Set(colours.map(({ ground }) => luminance(ground) > 0.5))).toContain(
        colorScheme === 'light',
      );
    },
  );

  it('names everything that can be used, and fits a narrow screen', async () => {
    await open({ pairs: pairsOf(ARABIC, 5) });
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.getByLabel('اسمك').count()).toBe(1);
    await page.getByLabel('اسمك').fill('أمل');
    await page.keyboard.press('Enter');
    await page.locator('#answer-one').waitFor();
    const names = await page.evaluate(
      `[...document.querySelectorAll('button')].filter((button) => button.checkVisibility()).map((button) => button.innerText)`,
    );
    expect(names).toHaveLength(5);
    expect(names).not.toContain('');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
