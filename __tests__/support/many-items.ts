/** A promotion with more items than a batch holds, so that their vectors come in several blocks. */
import { lookupTower, type Model, onnx } from './onnx.js';
import { goodFiles, Project, policyText, VERSIONS } from './project.js';
import { generator } from './random.js';

export const ITEMS = 3_000;
/** Blocks of 1,024 that the items of a version make. */
export const BLOCKS = 3;

/** Vectors of every item in one version, each a small step away from the version before. */
export function itemTable(step: number): number[][] {
  const [first, then] = [generator(11), generator(12 + step)];
  return Array.from({ length: ITEMS }, () =>
    Array.from({ length: 4 }, () => first.normal() * 0.7 + step * 0.002 * then.normal()),
  );
}

/** @param towerOf the item tower of a version, 0 the live one */
export function manyItems(
  towerOf: (step: number) => Model = (step) => lookupTower(itemTable(step), 'item_index'),
): Project {
  const files = goodFiles();
  const [header, ...rows] = (files['eval/rows.csv'] as string).trimEnd().split('\n');
  const spread = rows.map((row, r) => {
    const cells = row.split(',');
    const item = r % ITEMS;
    return [cells[0], `i${item}`, ...cells.slice(2, -1), item].join(',');
  });
  const text = `${[header, ...spread].join('\n')}\n`;
  files['eval/rows.csv'] = text;
  files['gates/gate.yml'] = policyText(text);
  for (const [step, version] of VERSIONS.entries()) files[`models/item/${version}.onnx`] = onnx(towerOf(step));
  return new Project(files);
}
