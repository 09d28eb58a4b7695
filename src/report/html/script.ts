/**
 * The page's one script. Without it everything is there, folded; with it charts switch, cells of the map open beside
 * it, and tables are filtered. It reads what the page holds and asks for nothing.
 */
export const SCRIPT = `
(() => {
  'use strict';
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

  const stage = one('#stage');
  const others = one('#others');
  const standing = stage ? all('#stage figure, #others figure').map((figure) => {
    const { m, s, k } = figure.dataset;
    return { metric: m, slice: s, icon: k, figure: () => figure };
  }) : [];
  const switching = (curves) => {
    const [metric, slice] = [one('#metric'), one('#slice')];
    const fill = (select, values) => {
      const before = select.value;
      select.replaceChildren(...values.map(([value, text]) => Object.assign(element('option', text), { value })));
      if (values.some(([value]) => value === before)) select.value = before;
    };
    const own = () => curves.filter((curve) => curve.metric === metric.value);
    const show = () => {
      const chosen = own().find((curve) => curve.slice === slice.value) ?? own()[0];
      stage.replaceChildren(chosen.figure());
      for (const part of all('.multiples section')) part.hidden = part.dataset.m !== metric.value;
    };
    const slices = () => {
      fill(slice, own().map((curve) => [curve.slice, curve.icon + curve.slice]));
      show();
    };
    fill(metric, [...new Set(curves.map((curve) => curve.metric))].map((name) => [name, name]));
    metric.onchange = slices;
    slice.onchange = show;
    slices();
    if (others) others.hidden = true;
  };
  if (standing.length > 0) switching(standing);

  // Curves that do not stand in the page are drawn from their figures, which it holds packed.
  const unpack = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  };
  const made = (markup) => Object.assign(document.createElement('template'), { innerHTML: markup }).content.firstChild;
  const template = one('#curves');
  if (template)
    unpack(template.content.textContent).then((packed) => {
      const figures = [...standing];
      switching(drawing.curvesOf(packed).map((curve) => curve
        ? { ...curve, figure: () => made(curve.figure()) }
        : figures.shift()));
      one('#left').hidden = true;
    });

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
