// What every page must hold in a browser. Each check gives texts that say what is wrong; none is a pass.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { opened } from './browser.mjs';
import { overrun, pictures, smallTexts, tooLarge, tooWide, violations } from './in-page.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [1280, 768, 390];
/** Pixels of a text at least, of a page at 1280 and at 390 at most; bytes and elements of a page, and sheets of paper at most. */
const LIMITS = { text: 11, height: { 1280: 5000, 390: 10_000 }, bytes: 1_000_000, elements: 40_000, pages: 40 };
/** Width and height of A4 within its margins of 10 mm, at 96 pixels an inch. */
const [PAPER, SHEET] = [210, 297].map((size) => Math.round(((size - 2 * 10) / 25.4) * 96));

/**
 * Of one page; `report(check, wrong)` is told each check once. A page of hostile names is asked whether it stays whole,
 * not how tall strings of no sense make it.
 */
export async function checkPage(browser, { name, html, url, curves }, report) {
  const bytes = Buffer.byteLength(html);
  report('is below a megabyte', bytes < LIMITS.bytes ? [] : [`${bytes} bytes`]);
  const { page, said, asked } = await opened(browser, url, { width: WIDTHS[0] });
  await page.evaluate(AXE);
  for (const width of WIDTHS) {
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    report(
      `${width}: is no larger than it may be`,
      await page.evaluate(tooLarge, heightOf(name, width), LIMITS.elements),
    );
    report(`${width}: nothing is wider than the page`, await page.evaluate(tooWide, false));
    report(`${width}: no text is small`, await page.evaluate(smallTexts, LIMITS.text));
    report(`${width}: every picture has its marks, inside, and labels apart`, await page.evaluate(pictures));
    report(`${width}: axe finds nothing`, await page.evaluate(violations));
    // What is where is the same in the dark: colours alone differ.
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    report(`${width}, dark: axe finds nothing`, await page.evaluate(violations, ['color-contrast']));
  }
  await page.setViewport({ width: WIDTHS[0], height: 900 });
  report('works by keyboard', await keyboard(page));
  if (curves > 0) report('every curve can be chosen', await choosing(page, curves));
  await page.evaluate(openAll);
  report('unfolded: nothing is wider than the page', await page.evaluate(tooWide, false));
  report('unfolded: every picture has its marks, inside, and labels apart', await page.evaluate(pictures));
  // Of thousands of rows that are alike axe takes minutes: those of the other pages are made the same way.
  if ((await page.$$('tbody tr')).length < 1000) report('unfolded: axe finds nothing', await page.evaluate(violations));
  report('says nothing and asks for nothing', [...said, ...asked]);
  await page.close();
  report('prints whole', await printed(browser, url));
}

function heightOf(name, width) {
  return (name === 'hostile-names' ? undefined : LIMITS.height[width]) ?? Number.MAX_SAFE_INTEGER;
}

function openAll() {
  for (const one of document.querySelectorAll('details')) one.open = true;
}

/** Focuses what a selector finds, and presses keys there. */
async function press(page, selector, ...keys) {
  await page.focus(selector);
  for (const key of keys) await page.keyboard.press(key);
}

/** Switches, folds, the map and the filter, each by keys alone; a page has those for which it has figures. */
async function keyboard(page) {
  const wrong = [];
  const has = (selector) => page.$(selector).then((found) => found !== null);
  const expectChange = async (what, of, act) => {
    const before = await page.evaluate(of);
    await act();
    if ((await page.evaluate(of)) === before) wrong.push(`${what} changes nothing`);
  };
  const figure = () => document.querySelector('#stage figcaption')?.textContent;
  for (const id of ['metric', 'slice'])
    if ((await page.$$(`#${id} option`)).length > 1)
      await expectChange(`#${id}`, figure, () => press(page, `#${id}`, 'ArrowDown'));
  if (await has('main > details:not([hidden]) > summary')) {
    const open = () => document.querySelector('main > details:not([hidden])').open;
    await expectChange('Enter on what is folded', open, () =>
      press(page, 'main > details:not([hidden]) > summary', 'Enter'),
    );
  }
  if (await has('.map td a')) {
    const panel = () => document.querySelector('#panel').textContent;
    await expectChange('a cell of the map', panel, () => press(page, '.map td a', 'Enter'));
    const row = () => document.querySelector('details.rule[open] tr:target')?.checkVisibility();
    await expectChange('the way from the panel to the table', row, () => press(page, '#panel a', 'Enter'));
  }
  if (await has('#find')) {
    const count = () => document.querySelector('#found').textContent;
    await expectChange('the filter', count, () => press(page, '#find', 'z', 'q'));
    await expectChange('a verdict of the filter', count, async () => {
      await press(page, '#find', 'Backspace', 'Backspace');
      await press(page, '#filters input[type=checkbox]', 'Space');
    });
  }
  return wrong;
}

/** Chooses the last slice of every metric, and counts what can be chosen: all curves of the report. */
async function choosing(page, curves) {
  const { chosen, wrong } = await page.evaluate(() => {
    const [metric, slice] = ['metric', 'slice'].map((id) => document.getElementById(id));
    const choose = (select, value) => {
      select.value = value;
      select.dispatchEvent(new Event('change'));
    };
    const wrong = [];
    let chosen = 0;
    for (const { value } of [...metric.options]) {
      choose(metric, value);
      chosen += slice.options.length;
      choose(slice, slice.options[slice.options.length - 1].value);
      const beside = [...document.querySelectorAll('.multiples section')].filter((one) => one.checkVisibility());
      if (beside.some(({ dataset }) => dataset.m !== value)) wrong.push(`beside ${value} stands another metric`);
      if (beside.length === 0 && document.querySelector(`.multiples section[data-m="${CSS.escape(value)}"]`))
        wrong.push(`the slices of ${value} are not shown`);
      const [figure, ...others] = document.querySelectorAll('#stage > figure');
      const { m, s } = figure?.dataset ?? {};
      if (others.length > 0 || m !== value || s !== slice.value || !figure.querySelector('svg .curve'))
        wrong.push(`${value} on ${slice.value} is not drawn`);
    }
    return { chosen, wrong };
  });
  return [...(chosen === curves ? [] : [`${chosen} of ${curves}`]), ...wrong];
}

/** On paper everything is unfolded, and no column leaves it. */
async function printed(browser, url) {
  const { page } = await opened(browser, url, { width: PAPER, height: 1000 });
  const pdf = Buffer.from(await page.pdf({ preferCSSPageSize: true, format: 'A4' }));
  const pages = [...pdf.toString('latin1').matchAll(/\/Type\s*\/Page(?!s)/g)].length;
  await page.emulateMediaType('print');
  await page.evaluate(openAll);
  const wide = [...(await page.evaluate(tooWide, true)), ...(await page.evaluate(overrun))];
  const hidden = await page.evaluate(() =>
    [...document.querySelectorAll('table.cells tbody tr')].some((row) => !row.checkVisibility())
      ? ['rows of cells are hidden']
      : [],
  );
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.close();
  // As many pages as the height asks for, within what breaks between blocks take: fewer would be cut off.
  const asked = height / SHEET;
  const cut = pages < Math.floor(asked * 0.9) ? [`${pages} pages of about ${Math.round(asked)}`] : [];
  const many = pages > LIMITS.pages ? [`${pages} pages`] : [];
  return [...wide, ...hidden, ...cut, ...many];
}

/** Every Mermaid chart of a summary is read and drawn, with as many lines as it has. */
export async function checkSummary(browser, { summary }, report) {
  const charts = [...summary.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
  if (charts.length === 0) return;
  const page = await browser.newPage();
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('mermaid/dist/mermaid.min.js') });
  for (const text of charts) {
    const drawn = await page.evaluate(async (chart) => {
      const { mermaid } = window;
      mermaid.initialize({ startOnLoad: false });
      try {
        await mermaid.parse(chart);
        const { svg } = await mermaid.render('chart', chart);
        document.body.innerHTML = svg;
        return { lines: document.querySelectorAll('.plot path').length, text: document.body.textContent };
      } catch (error) {
        return { lines: 0, text: String(error) };
      }
    }, text);
    const wanted = [...text.matchAll(/^ *line /gm)].length;
    report(
      'its summary’s chart is drawn',
      wanted > 0 && drawn.lines === wanted ? [] : [`${drawn.lines} of ${wanted} lines: ${drawn.text.slice(0, 200)}`],
    );
  }
  await page.close();
}
