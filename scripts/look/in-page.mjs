// What is measured inside a page: each function is sent to the browser as it is, and gives texts that say what is wrong.

/** Pictures without a mark, with a mark outside of them, with labels that touch each other, or without a name. */
export function pictures() {
  const wrong = [];
  const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 0;
  for (const svg of document.querySelectorAll('svg')) {
    if (!seen(svg)) continue;
    const name = svg.getAttribute('aria-label');
    const shown = name ?? svg.parentElement.textContent.trim().slice(0, 60);
    if (name === null && svg.getAttribute('aria-hidden') !== 'true')
      wrong.push(`no name: ${svg.outerHTML.slice(0, 80)}`);
    if (/NaN|undefined|Infinity/.test(svg.outerHTML)) wrong.push(`no number in: ${shown}`);
    const frame = svg.getBoundingClientRect();
    const words = [...svg.querySelectorAll('text')];
    const marks = [...svg.querySelectorAll('path, rect, circle, line')].filter((mark) => {
      const { stroke, fill } = getComputedStyle(mark);
      return stroke !== 'none' || fill !== 'none';
    });
    if (marks.length === 0 && words.length === 0) wrong.push(`empty: ${shown}`);
    for (const one of [...marks, ...words]) {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      if (left < frame.left - 1.5 || right > frame.right + 1.5 || top < frame.top - 1.5 || bottom > frame.bottom + 1.5)
        wrong.push(`cut: ${one.textContent || one.getAttribute('class')} in ${shown}`);
    }
    const boxes = words
      .filter((one) => one.textContent !== '')
      .map((one) => [one.textContent, one.getBoundingClientRect()]);
    for (const [i, [text, a]] of boxes.entries())
      for (const [other, b] of boxes.slice(i + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // Boxes of texts are as high as a line, letters are not.
        if (across > 1 && down > 5) wrong.push(`"${text}" on "${other}" in ${shown}`);
      }
  }
  return wrong;
}

/** Texts that are set smaller than `least` pixels as they are seen, pictures scaled included. */
export function smallTexts(least) {
  const wrong = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.closest('script, style, .vh') || !element.checkVisibility()) continue;
    const scale = element.ownerSVGElement ? Math.abs(element.getScreenCTM().a) : 1;
    const size = parseFloat(getComputedStyle(element).fontSize) * scale;
    if (size < least - 0.01) wrong.set(`${size.toFixed(1)} px: ${node.data.trim().slice(0, 40)}`, true);
  }
  return [...wrong.keys()].slice(0, 10);
}

/** Parts that are wider than the page; `all`: those that would be scrolled to besides, as on paper nothing is. */
export function tooWide(all) {
  const page = document.documentElement.clientWidth;
  const wrong = [];
  if (document.documentElement.scrollWidth > page)
    wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.querySelectorAll('main *')) {
    if (element.closest('.vh, svg') || !element.checkVisibility()) continue;
    const scrolled = element.parentElement.closest('.scroll') !== null;
    const { right, width } = element.getBoundingClientRect();
    if (width > 0 && right > page + 0.5 && (all || !scrolled))
      wrong.push(
        `${element.tagName.toLowerCase()}.${element.className} ends at ${Math.round(right)} of ${page}: ${element.textContent.slice(0, 40)}`,
      );
  }
  return wrong.slice(0, 10);
}

/** Cells of tables whose text runs over their edge, into the next one. */
export function overrun() {
  return [...document.querySelectorAll('th, td')]
    .filter((cell) => cell.checkVisibility() && !cell.closest('.vh') && cell.querySelector('.vh, svg') === null)
    .filter((cell) => cell.scrollWidth > cell.clientWidth + 1)
    .map((cell) => `${cell.textContent.slice(0, 40)} is ${cell.scrollWidth} wide in ${cell.clientWidth}`)
    .slice(0, 10);
}

/** A page that is taller, or of more elements, than it may be. */
export function tooLarge(tallest, most) {
  const height = document.documentElement.scrollHeight;
  const elements = document.querySelectorAll('*').length;
  return [
    ...(height > tallest ? [`${height} px of ${tallest}`] : []),
    ...(elements > most ? [`${elements} elements of ${most}`] : []),
  ];
}

/**
 * Violations that axe finds, by its rules for WCAG 2.2 A and AA and its best practices.
 *
 * @param rules ids of the only rules to ask
 */
export async function violations(rules) {
  const runOnly = rules
    ? { type: 'rule', values: rules }
    : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
  const { violations: found } = await window.axe.run(document, { runOnly, resultTypes: ['violations'] });
  return found.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0].html.slice(0, 160)}`);
}
