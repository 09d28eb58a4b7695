// Shows every kind of page to a headless Chromium and holds it to what a reader must find; names as arguments: those
// pages alone. Ends with "N passed, N failed".
import { withBrowser } from './look/browser.mjs';
import { checkPage, checkSummary } from './look/checks.mjs';
import { withPages } from './look/reports.mjs';

const MOST = 5;
const only = process.argv.slice(2);
let passed = 0;
let failed = 0;

await withPages((pages) =>
  withBrowser(async (browser) => {
    for (const shown of pages.filter(({ name }) => only.length === 0 || only.includes(name))) {
      const report = (check, wrong) => {
        if (wrong.length === 0) passed++;
        else {
          failed++;
          console.log(`!! ${shown.name}: ${check}`);
          for (const text of wrong.slice(0, MOST)) console.log(`     ${text}`);
          if (wrong.length > MOST) console.log(`     and ${wrong.length - MOST} more`);
        }
      };
      await checkPage(browser, shown, report);
      await checkSummary(browser, shown, report);
    }
  }),
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
