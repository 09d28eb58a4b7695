/** The page's style: light, dark and print, and lists in place of tables where there is no width. */

import type { Labels } from './labels.js';

const COLOURS = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --faint: #8c959f; --card: #f6f8fa;
  --bad: #b3151f; --good: #17682d; --open: #8a5a00; --link: #0b5cc2;
  --bad-ground: #ffebe9; --good-ground: #dafbe1; --open-ground: #fff8c5;
  --curve: #0b5cc2; --band: #0b5cc233; --age: #57606a; --inc: #8250df; --today: #17682d; --zone: #b3151f1c;
  --tier0: #0b5cc2; --tier1: #bc4c00; --tier2: #17682d; --tier3: #8250df; --tier4: #57606a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --ink: #e6edf3; --soft: #a0a9b3; --line: #3d444d; --faint: #7d8590; --card: #161b22;
    --bad: #ff8b84; --good: #56d364; --open: #e3b341; --link: #6cb6ff;
    --bad-ground: #3c1418; --good-ground: #0f2d19; --open-ground: #33270a;
    --curve: #6cb6ff; --band: #6cb6ff3d; --age: #a0a9b3; --inc: #c297ff; --today: #56d364; --zone: #ff8b8426;
    --tier0: #6cb6ff; --tier1: #ffa657; --tier2: #56d364; --tier3: #c297ff; --tier4: #a0a9b3;
  }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --faint: #8c959f; --card: #f6f8fa;
    --bad: #b3151f; --good: #17682d; --open: #8a5a00; --link: #1f2328;
    --bad-ground: #ffebe9; --good-ground: #dafbe1; --open-ground: #fff8c5;
    --curve: #0b5cc2; --band: #0b5cc233; --age: #57606a; --inc: #8250df; --today: #17682d; --zone: #b3151f1c;
    --tier0: #0b5cc2; --tier1: #bc4c00; --tier2: #17682d; --tier3: #8250df; --tier4: #57606a;
  }
}`;

const PAGE = `
* { box-sizing: border-box; }
html { background: var(--ground); }
body {
  font: 15px/1.5 system-ui, sans-serif; max-width: 74rem; margin: 0 auto; padding: 1.5rem 1rem 3rem;
  background: var(--ground); color: var(--ink); font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .4rem 0; max-width: 62rem; }
a { color: var(--link); }
ul { padding-left: 1.2rem; margin: .4rem 0; }
.soft, figcaption { color: var(--soft); }
.vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.badge { display: inline-block; font-weight: 700; padding: .15rem .7rem; border-radius: 1rem; }
.badge.ready { color: var(--good); background: var(--good-ground); }
.badge.not_ready { color: var(--bad); background: var(--bad-ground); }
.badge.inconclusive { color: var(--open); background: var(--open-ground); }
.headline { font-size: 1.1rem; }
.first { border-left: 4px solid var(--link); background: var(--card); padding: .6rem .9rem; margin: .8rem 0; max-width: 62rem; }
.first p { margin: 0; }
details { margin: .35rem 0; }
summary { cursor: pointer; padding: .2rem 0; }
summary:focus-visible, a:focus-visible, select:focus-visible, input:focus-visible, .scroll:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px;
}
pre { white-space: pre-wrap; background: var(--card); padding: .6rem .8rem; font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .22rem .6rem .22rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
.num { text-align: right; white-space: nowrap; }
.verdict { font-weight: 600; white-space: nowrap; }
.fail .verdict, .sufficient .verdict, .c-fail { color: var(--bad); }
.pass .verdict, .ruled_out .verdict, .c-pass { color: var(--good); }
.inconclusive .verdict, .contributing .verdict, .c-inconclusive { color: var(--open); }
.tally { font-weight: 600; margin: 1rem 0 .3rem; max-width: none; }
.tally .soft { font-weight: 400; }
.controls { display: flex; flex-wrap: wrap; gap: .5rem 1.2rem; align-items: center; margin: .5rem 0; }
.controls[hidden] { display: none; }
select, input[type=search] {
  font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--faint); border-radius: 4px;
  padding: .15rem .4rem; max-width: 100%;
}
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: .3rem 0; font-size: .9rem; }
.legend svg { vertical-align: -3px; margin-right: .35rem; }
figure { margin: .5rem 0; }
.grid { display: flex; flex-wrap: wrap; align-items: flex-end; gap: .6rem 1.1rem; }
.grid figure { width: 168px; margin: 0; }
.grid figcaption { font-size: .8rem; line-height: 1.3; min-height: 2.6em; color: var(--ink); }
.grid.time { gap: .6rem 1.5rem; align-items: flex-start; }
.grid.time figure { width: 352px; max-width: 100%; }
.grid.time figcaption { font-size: .85rem; }
.history h2 { border-top: 1px solid var(--line); padding-top: 1.2rem; }
.panel { position: sticky; bottom: .5rem; border: 1px solid var(--faint); background: var(--card); padding: .6rem .9rem; margin: .5rem 0; max-width: 62rem; }
.panel dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: .3rem 0 0; }
.panel dd { margin: 0; }
.panel dt { color: var(--soft); }
.decide { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 1.5rem; }
.narrow { display: none; }
tr:target { outline: 2px solid var(--link); outline-offset: -2px; }
`;

const CHARTS = `
svg { max-width: 100%; height: auto; display: inline-block; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .m { text-anchor: middle; }
svg .e { text-anchor: end; }
svg .soft { fill: var(--soft); }
svg .strong { font-weight: 600; }
svg path { fill: none; stroke-width: 1; }

svg .halo { paint-order: stroke; stroke: var(--ground); stroke-width: 3px; }
svg .ax { stroke: var(--line); }
svg .zero { stroke: var(--faint); }
svg .faint { stroke: var(--bad); stroke-dasharray: 2 4; opacity: .7; }
svg .margin { stroke: var(--bad); stroke-width: 1.6; stroke-dasharray: 6 3; }
svg .zone { fill: var(--zone); }
svg .band { fill: var(--band); stroke: none; }
svg .curve { stroke: var(--curve); stroke-width: 2.2; }
svg .today { stroke: var(--today); stroke-width: 1.6; stroke-dasharray: 1 3; stroke-linecap: round; }
svg .beside { stroke: var(--age); stroke-width: 1.4; stroke-dasharray: 4 3; }
svg .bs { stroke: var(--age); stroke-width: 5; }
svg .age { fill: var(--age); }
svg .inc { fill: var(--inc); }
svg .dot { stroke-width: 9; stroke-linecap: round; }
svg .cs { stroke: var(--curve); stroke-width: 7; }
svg .whisker { stroke-width: 2.2; }
svg .bin { fill: var(--band); stroke: var(--curve); }
svg .k-fail { stroke: var(--bad); } svg .k-pass { stroke: var(--good); } svg .k-inconclusive { stroke: var(--open); }
svg .k-none { stroke: var(--ink); }
svg .f-fail { fill: var(--bad); } svg .f-pass { fill: var(--good); } svg .f-inconclusive { fill: var(--open); }
svg .f-none { fill: var(--ink); }
svg .t-fail { fill: var(--bad); } svg .t-pass { fill: var(--good); } svg .t-inconclusive { fill: var(--open); }
svg .l-scale { stroke: var(--tier1); } svg .l-orthogonal { stroke: var(--tier3); } svg .l-linear { stroke: var(--tier0); }
svg .b-fail { fill: var(--bad); } svg .b-pass { fill: var(--good); } svg .b-inconclusive { fill: var(--open); }
svg .tier0 { fill: var(--tier0); } svg .tier1 { fill: var(--tier1); } svg .tier2 { fill: var(--tier2); }
svg .tier3 { fill: var(--tier3); } svg .tier4 { fill: var(--tier4); }
svg.counts { width: 100%; height: 12px; border-radius: 6px; }
.cells td:nth-child(3) { font-weight: 600; white-space: nowrap; }
.cells .fail td:nth-child(3) { color: var(--bad); }
.cells .pass td:nth-child(3) { color: var(--good); }
.cells .inconclusive td:nth-child(3) { color: var(--open); }
.cells td:nth-child(n+4):nth-child(-n+6) { text-align: right; white-space: nowrap; }
.small { display: none; }
.forest td { vertical-align: middle; border: 0; padding-top: 0; padding-bottom: 0; }
.forest th { vertical-align: middle; border: 0; padding-top: 0; padding-bottom: 0; }
.forest.rules { width: 100%; }
.forest.rules th, .forest.rules td:last-child { white-space: nowrap; }
.forest.rules td:nth-child(3) { font-size: .8rem; line-height: 1.25; padding-top: .12rem; padding-bottom: .12rem; }
.forest.rules a { display: inline-flex; align-items: center; min-height: 24px; }
.forest td:nth-child(2) { min-width: 350px; }
.forest svg, .ladder svg { display: block; }
.map { font-size: .8rem; }
.map th, .map td { padding: 0; border: 1px solid var(--ground); white-space: nowrap; }
.map tbody th { padding-right: .8rem; }
.map thead th { padding: 0 .4rem .2rem; text-align: center; font-weight: 400; white-space: normal; }
.map thead th { color: var(--soft); }
.map thead b { display: block; color: var(--ink); }
.map td a { display: block; padding: .1rem .4rem; text-align: right; text-decoration: none; color: inherit; min-width: 2.8rem; line-height: 1.35rem; min-height: 24px; }
.map td a:hover { text-decoration: underline; }
.map .f { background: var(--bad-ground); color: var(--bad); }
.map .i { background: var(--open-ground); color: var(--open); }
.map .p { background: var(--good-ground); color: var(--good); }
.map.many td a { padding: .1rem; min-width: 2.25rem; }
.map.many thead th { padding: 0 .15rem .2rem; font-size: .72rem; }
.map.many tbody th { padding-right: .5rem; }
.map.upright thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 13rem; text-align: left; }
.hypotheses > details { border-bottom: 1px solid var(--line); margin: 0; padding: .15rem 0; }
.hypotheses summary .id { font-weight: 600; }
.hypotheses dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem .9rem; margin: .2rem 0 .6rem 1.2rem; max-width: 62rem; font-size: .95rem; }
.hypotheses dt { color: var(--soft); }
.hypotheses dd { margin: 0; }
`;

const NARROW = `
@media screen and (min-width: 1180px) {
  .decide:has(.multiples) { grid-template-columns: 760px minmax(0, 1fr); }
  .multiples h3 { margin-top: .5rem; }
}
@media screen and (max-width: 960px) {
  .forest.rules, .forest.rules tbody, .forest.rules tr, .forest.rules th, .forest.rules td { display: block; width: auto; }
  .forest.rules thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .forest.rules tr { border-bottom: 1px solid var(--line); padding: .35rem 0; display: grid; grid-template-columns: 350px minmax(0, 1fr); }
  .forest.rules tr > th { grid-column: 1 / -1; }
  .forest.rules tr > td:nth-child(2) { grid-row: 2 / span 2; }
  .forest td:nth-child(2) { min-width: 0; }
  .forest.rules th, .forest.rules td:last-child { white-space: normal; }
}
@media screen and (max-width: 740px) {
  .large { display: none; }
  .small { display: inline-block; }
}
@media screen and (max-width: 640px) {
  .lists thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .lists, .lists tbody, .lists tr, .lists th, .lists td { display: block; width: auto; text-align: left; white-space: normal; }
  .lists tr { border-bottom: 1px solid var(--line); padding: .35rem 0; }
  .lists tbody th { font-weight: 600; }
  .lists th, .lists td { border: 0; padding: 0; }
  .lists td:empty { display: none; }
  .lists td::before, .map td::before { color: var(--soft); font-weight: 400; margin-right: .4rem; }
  .forest.rules tr { display: block; padding: .4rem 0; }
  .forest td:nth-child(2) { min-width: 0; }
  .forest.rules th, .forest.rules td:last-child { white-space: normal; }
  .cells td:nth-child(n+4):nth-child(-n+6) { text-align: left; white-space: normal; }
  .map tbody td { display: inline-block; margin: .15rem .3rem .15rem 0; }
  .map td::before { display: block; padding: .1rem .4rem 0; font-size: .75rem; }
  .map td:empty { display: none; }
  .map td a { text-align: left; }
  .map.many tbody tr:nth-child(n+4) { display: none; }
  .more.many { display: none; }
  .narrow { display: block; }
  .hypotheses dl { display: block; margin-left: 0; }
  .hypotheses dd { margin: 0 0 .3rem; }
  .ladder th, .ladder td { display: block; }
  .panel dl { display: block; }
  .panel dd { margin: 0 0 .3rem; }
}
@media print {
  body { font-size: 10pt; padding: 0; max-width: none; }
  .controls, .panel { display: none; }
  table { font-size: 7.5pt; width: 100%; }
  .map { font-size: 6.5pt; }
  .map { table-layout: fixed; }
  .map thead th:first-child { width: 24%; }
  .map td a, .map.many td a { padding: .05rem .1rem; min-width: 0; min-height: 0; line-height: inherit; }
  .map.upright thead span { writing-mode: horizontal-tb; transform: none; }
  .forest td:nth-child(2) { min-width: 300px; }
  .forest.rules td:nth-child(3) { font-size: inherit; }
  .forest.rules a { display: inline; }
  th, td, .num, .verdict, .map th, .map td, .forest.rules th, .forest.rules td:last-child, .cells td:nth-child(n) {
    white-space: normal; overflow-wrap: anywhere;
  }
  table:not(.map) thead th, .cells td:nth-child(2), .cells td:nth-child(3) { overflow-wrap: normal; }
  .cells tbody th { min-width: 13em; }
  .cells td:nth-child(7) { min-width: 16em; width: 42%; }
  .grid.time figure { width: 330px; }
  .dense { display: block; columns: 2; column-gap: .7rem; font-size: 5.8pt; line-height: 1.15; }
  .dense thead { display: none; }
  .dense tbody { display: contents; }
  .dense tr { display: block; border-bottom: 1px solid var(--line); }
  .dense tr > *, .dense td:nth-child(n) { display: inline; border: 0; padding: 0; margin-right: .4em; text-align: left; }
  .dense tbody th, .dense td:nth-child(7) { min-width: 0; }
  .wide thead { display: none; }
  .wide, .wide tbody, .wide tr, .wide tbody th { display: block; width: auto; text-align: left; }
  .wide tr { border-bottom: 1px solid var(--line); padding: .2rem 0; }
  .wide tbody th { font-weight: 600; }
  .wide th, .wide td { border: 0; padding: 0; }
  .wide td { display: inline; margin-right: .8rem; }
  .wide td::before { color: var(--soft); margin-right: .3rem; }
  .wide td:empty { display: none; }
  .scroll { overflow: visible; }
  details:not(.others)::details-content { content-visibility: visible; display: block; block-size: auto; }
  svg, tr, figure { break-inside: avoid; }
  h2, h3, summary { break-after: avoid; }
}
@page { margin: 10mm; }
`;

/** @param labels rules that name the columns of the page's tables where they are lists */
export function styleOf({ rules, paper }: Pick<Labels, 'rules' | 'paper'>): string {
  const within = (media: string, own: readonly string[]) =>
    own.length === 0 ? '' : `@media ${media} {\n${own.join('\n')}\n}\n`;
  return `${COLOURS}${PAGE}${CHARTS}${NARROW}${within('screen and (max-width: 640px)', rules)}${within('print', paper)}`;
}
