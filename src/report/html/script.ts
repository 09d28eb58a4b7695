/**
 * The page's one script. Without it everything is there, folded; with it charts switch, cells of the map open beside
 * it, and tables are filtered. It reads what the page holds and asks for nothing.
 */
export const SCRIPT = `
'use strict';
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

  const stage = one('#stage');
  const others = one('#others');
  if (stage && others) {
    const charts = [...all('figure', stage), ...all('figure', others)];
    const [metric, slice] = [one('#metric'), one('#slice')];
    const fill = (select, values) => {
      select.replaceChildren(...values.map(([value, text]) => Object.assign(element('option', text), { value })));
    };
    const show = () => {
      const own = charts.filter((chart) => chart.dataset.m === metric.value);
      stage.replaceChildren(own.find((chart) => chart.dataset.s === slice.value) ?? own[0]);
    };
    const slices = () => {
      const before = slice.value;
      const own = charts.filter((chart) => chart.dataset.m === metric.value);
      fill(slice, own.map(({ dataset }) => [dataset.s, dataset.k + dataset.s]));
      if (own.some(({ dataset }) => dataset.s === before)) slice.value = before;
      show();
    };
    fill(metric, [...new Set(charts.map(({ dataset }) => dataset.m))].map((name) => [name, name]));
    metric.addEventListener('change', slices);
    slice.addEventListener('change', show);
    slices();
    others.hidden = true;
  }

  const reveal = (row) => {
    for (let at = row; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    row.hidden = false;
  };
  const panel = one('#panel');
  const open = (link) => {
    const row = document.getElementById(link.hash.slice(1));
    if (!row || !panel) return false;
    const heads = all('thead th', row.closest('table')).map((head) => head.textContent);
    const list = document.createElement('dl');
    [...row.cells].forEach((cell, i) => {
      const text = cell.textContent.trim();
      if (text !== '') list.append(element('dt', heads[i]), element('dd', text));
    });
    const there = Object.assign(element('a', 'show it in its table'), { href: link.hash });
    there.addEventListener('click', () => reveal(row));
    panel.replaceChildren(element('strong', one('summary', row.closest('details')).dataset.rule), list, there);
    panel.hidden = false;
    return true;
  };
  for (const map of all('.map'))
    map.addEventListener('click', (event) => {
      const link = event.target.closest('a');
      if (link && open(link)) event.preventDefault();
    });

  const find = one('#find');
  if (find) {
    const marks = all('#filters input[type=checkbox]');
    const rules = all('details.rule');
    const found = one('#found');
    const filter = () => {
      const words = find.value.toLowerCase().split(/\\s+/).filter(Boolean);
      const shown = new Set(marks.filter(({ checked }) => checked).map(({ value }) => value));
      const filtered = words.length > 0 || shown.size < marks.length;
      let count = 0;
      for (const rule of rules) {
        const named = one('summary', rule).dataset.rule.toLowerCase() + ' ';
        let own = 0;
        for (const row of all('tbody tr', rule)) {
          const text = named + row.textContent.toLowerCase();
          row.hidden = !shown.has(row.className) || !words.every((word) => text.includes(word));
          if (!row.hidden) own++;
        }
        rule.hidden = own === 0;
        count += own;
      }
      found.textContent = filtered ? count.toLocaleString('en-US') + ' cells' : '';
    };
    find.addEventListener('input', filter);
    for (const mark of marks) mark.addEventListener('change', filter);
  }

  for (const hidden of all('.controls[hidden]')) hidden.hidden = false;
  const folded = () => all('details:not(.others)').filter((one) => !one.open);
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = folded();
    for (const one of opened) one.open = true;
  });
  addEventListener('afterprint', () => {
    for (const one of opened) one.open = false;
  });
})();
`;
