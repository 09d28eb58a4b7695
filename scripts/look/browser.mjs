// A headless Chromium, and a page of it that keeps what goes wrong.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { root } from './reports.mjs';

/** Milliseconds that end what hangs, and nothing else: a machine that has other work to do may need many times the usual. */
const HANGS = 600_000;

export async function withBrowser(work) {
  const executablePath = execFileSync('bash', [join(root, 'scripts/chromium-path.sh')], { encoding: 'utf8' }).trim();
  const browser = await puppeteer.launch({
    executablePath,
    timeout: HANGS,
    protocolTimeout: HANGS,
    args: [
      // The same pixels on every machine, as far as its fonts allow.
      '--force-color-profile=srgb',
      '--font-render-hinting=none',
      '--hide-scrollbars',
      // The browser's sandbox refuses to start as root, as in a container.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/**
 * Opens a page at a width in a scheme of colours; `said` keeps every message of its console and every error, `asked`
 * every request but the one for the page itself.
 */
export async function opened(browser, url, { width, scheme = 'light', height = 900 }) {
  const page = await browser.newPage();
  page.setDefaultTimeout(HANGS);
  const said = [];
  const asked = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    said.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url) asked.push(request.url());
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(url, { waitUntil: 'load' });
  return { page, said, asked };
}
