/** Text made inert in HTML, and the page's style. */
import { inert } from '../lib/text.js';

/** Text that is nothing but text. `lines`: its line breaks are kept. */
export function escapeHtml(value: string, lines = false): string {
  const shown = lines ? value.split('\n').map(inert).join('\n') : inert(value);
  return shown.replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`);
}

export const STYLE = `
:root {
  color-scheme: light dark;
  --line: #d0d7de; --soft: #59636e; --bad: #cf222e; --good: #1a7f37; --open: #9a6700; --bar: #8c959f;
}
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --soft: #9198a1; --bad: #ff7b72; --good: #3fb950; --open: #d29922; --bar: #656c76; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .25rem; }
h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
h1.not_ready, .fail .verdict, .sufficient .verdict { color: var(--bad); }
h1.ready, .pass .verdict, .ruled_out .verdict { color: var(--good); }
h1.inconclusive, .inconclusive .verdict, .contributing .verdict { color: var(--open); }
.verdict { font-weight: 600; }
.soft { color: var(--soft); }
.headline { font-size: 1.1rem; }
pre { white-space: pre-wrap; }
svg { max-width: 100%; height: auto; }
svg text { fill: currentColor; font: 12px system-ui, sans-serif; }
`;
