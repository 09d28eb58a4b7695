// Writes the pictures of docs/reading-a-report.md: every kind of page in light and dark, and one on a narrow screen.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { opened, withBrowser } from './look/browser.mjs';
import { root, withPages } from './look/reports.mjs';

/** Pixels of a picture from above: in the dark, and on a narrow screen, the first of a page show what it looks like. */
const FIRST = { dark: 1200, 390: 3000, 1280: 3300 };
const FOLDER = join(root, 'docs/pictures');
const SHOTS = [
  ...['ready', 'not-ready', 'inconclusive', 'gap', 'many-cells'].flatMap((name) => [
    { name, width: 1280, scheme: 'light' },
    { name, width: 1280, scheme: 'dark' },
  ]),
  { name: 'not-ready', width: 390, scheme: 'light' },
  { name: 'history', width: 1280, scheme: 'light' },
];

mkdirSync(FOLDER, { recursive: true });
await withPages((pages) =>
  withBrowser(async (browser) => {
    for (const { name, width, scheme } of SHOTS) {
      const { url } = pages.find((page) => page.name === name);
      const { page } = await opened(browser, url, { width, scheme });
      const file = `${name}-${width}-${scheme}.webp`;
      const whole = await page.evaluate(() => document.documentElement.scrollHeight);
      const height = Math.min(whole, FIRST[scheme] ?? FIRST[width] ?? whole);
      await page.screenshot({
        path: join(FOLDER, file),
        type: 'webp',
        quality: 35,
        clip: { x: 0, y: 0, width, height },
        captureBeyondViewport: true,
      });
      await page.close();
      console.log(`docs/pictures/${file}: ${Math.round(statSync(join(FOLDER, file)).size / 1024)} KiB`);
    }
  }),
);
