/** Edits of a file that somebody has written by hand: what is not edited stays, to the byte. */
import { describe, expect, it } from 'vitest';
import { type PinSlot, type Value, YamlEdits } from '../../../src/documents/yaml/edits.js';
import type { Path } from '../../../src/documents/yaml/source.js';

const DIGEST = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

const RELEASE = `# The ranking model.
release: l1 # its name

live: 'v2' # since Monday
versions: [v2, v1] # newest first
query_tower:
  # every night
  onnx: "q/{version}.onnx"
score: {similarity: dot, scale: 14.20}
`;

function edited(text: string, edit: (edits: YamlEdits) => boolean): { text: string; changed: boolean } {
  const edits = new YamlEdits(text);
  const changed = edit(edits);
  return { text: edits.toString(), changed };
}

const set = (text: string, path: Path, value: Value) => edited(text, (edits) => edits.set(path, value));
const pinned = (text: string, slot: PinSlot, digest = DIGEST) => edited(text, (edits) => edits.setPin(slot, digest));

describe('a value', () => {
  it.each<[string, Path, Value, string, string]>([
    ['keeps its quotation marks and its comment', ['live'], 'v3', "live: 'v2' # since", "live: 'v3' # since"],
    ['of a mapping in braces', ['score', 'scale'], 13.9, 'scale: 14.20', 'scale: 13.90'],
    ['of a list in brackets', ['versions'], ['v3', 'v2', 'v1'], '[v2, v1] # newest', '[v3, v2, v1] # newest'],
    ['that is new is the last', ['query_tower', 'batch'], 64, '.onnx"\n', '.onnx"\n  batch: 64\n'],
    ['may be a mapping', ['score', 'scale'], { v3: 1 }, 'scale: 14.20', 'scale: {v3: 1}'],
    ['that YAML would read as a number is quoted', ['release'], '1e5', 'release: l1 ', 'release: "1e5" '],
  ])('%s', (_, path, value, before, after) => {
    expect(RELEASE).toContain(before);
    expect(set(RELEASE, path, value)).toEqual({ changed: true, text: RELEASE.replace(before, after) });
  });

  it.each<[Path, Value]>([
    [['live'], 'v2'],
    [['versions'], ['v2', 'v1']],
    [['score'], { similarity: 'dot', scale: 14.2 }],
  ])('at %j that is there already changes nothing', (path, value) => {
    expect(set(RELEASE, path, value)).toEqual({ changed: false, text: RELEASE });
  });

  it('in lines stays in lines, comments above it too', () => {
    const text = 'versions:\n  # newest first\n  - v2\n  - v1\nlive: v2\n';
    expect(set(text, ['versions'], ['v3', 'v2']).text).toBe('versions:\n  # newest first\n  - v3\n  - v2\nlive: v2\n');
  });

  it('is found by the text of its key, and of a list by its index', () => {
    expect(set('scale: {5: 1, x: 2}\n', ['scale', '5'], 3).text).toBe('scale: {5: 3, x: 2}\n');
    expect(set('waive:\n  - rule: 1 # the first\n', ['waive', 0, 'rule'], 2).text).toBe(
      'waive:\n  - rule: 2 # the first\n',
    );
  });

  it('stays beside its comment, and blanks before one become one', () => {
    expect(set('live: v2   # since Monday\nrelease: l1\n', ['live'], 'v3').text).toBe(
      'live: v3 # since Monday\nrelease: l1\n',
    );
  });

  it('of no mapping is a bug of who asks', () => {
    expect(() => set(RELEASE, ['live', 'x'], 1)).toThrow('no mapping at live');
    expect(() => set(RELEASE, ['item_tower', 'onnx'], 'x')).toThrow('no mapping at item_tower');
    expect(() => set(RELEASE, [], 1)).toThrow('a file as a whole');
  });
});

describe('a pin', () => {
  const OF_TOWER: PinSlot = { form: 'keyed', owner: ['query_tower'], key: 'v2' };
  const OF_TABLE: PinSlot = { form: 'table', owner: ['evidence'], key: 'ledger' };

  it('is written into a mapping that is made where it is missing', () => {
    expect(pinned(RELEASE, OF_TOWER).text).toContain(`  onnx: "q/{version}.onnx"\n  sha256: {v2: ${DIGEST}}\nscore:`);
    expect(pinned('query_tower: {onnx: q}\n', OF_TOWER).text).toBe(`query_tower: {onnx: q, sha256: {v2: ${DIGEST}}}\n`);
    expect(pinned('query_tower: {onnx: q, sha256: }\n', OF_TOWER).text).toBe(
      `query_tower: {onnx: q, sha256: {v2: ${DIGEST}}}\n`,
    );
  });

  it('stands beside those that were written before it', () => {
    const edits = new YamlEdits('query_tower: {onnx: q}\n');
    for (const key of ['v3', 'v2', 'v3']) edits.setPin({ ...OF_TOWER, key }, key === 'v2' ? OTHER : DIGEST);
    expect(edits.toString()).toBe(`query_tower: {onnx: q, sha256: {v3: ${DIGEST}, v2: ${OTHER}}}\n`);
  });

  it.each([
    ['in braces', `{v2: ${OTHER}, v1: x}`, `{v2: ${DIGEST}, v1: x}`],
    ['without a value', '{v2: , v1: x}', `{v2: ${DIGEST}, v1: x}`],
    [
      'in lines, its comment kept',
      `\n    v2: ${OTHER} # of Monday\n    v1: x`,
      `\n    v2: ${DIGEST} # of Monday\n    v1: x`,
    ],
    ['in quotation marks', `{v2: "${OTHER}"}`, `{v2: "${DIGEST}"}`],
  ])('replaces another %s', (_, before, after) => {
    expect(pinned(`query_tower:\n  sha256: ${before}\n`, OF_TOWER)).toEqual({
      changed: true,
      text: `query_tower:\n  sha256: ${after}\n`.replace('sha256: \n', 'sha256:\n'),
    });
  });

  it('of a version that is a number in the file is its pin, not a second one', () => {
    const text = `query_tower: {sha256: {5: ${OTHER}}}\n`;
    expect(pinned(text, { ...OF_TOWER, key: '5' }).text).toBe(`query_tower: {sha256: {5: ${DIGEST}}}\n`);
  });

  it.each([['1'.repeat(64)], [`12e${'4'.repeat(61)}`]])('that YAML would read as a number is quoted: %s', (digest) => {
    for (const text of ['query_tower: {}\n', `query_tower: {sha256: {v2: ${OTHER}}}\n`])
      expect(pinned(text, OF_TOWER, digest).text).toBe(`query_tower: {sha256: {v2: "${digest}"}}\n`);
  });

  it('that stands there in upper case is the same', () => {
    const text = `query_tower: {sha256: {v2: ${DIGEST.toUpperCase()}}}\n`;
    expect(pinned(text, OF_TOWER)).toEqual({ changed: false, text });
  });

  it('may be the digest itself', () => {
    const slot: PinSlot = { form: 'own', owner: ['item_tower', 'served'] };
    const text = 'item_tower:\n  served:\n    onnx: s.onnx # int8\n';
    const { text: once } = pinned(text, slot);
    expect(once).toBe(`${text}    sha256: ${DIGEST}\n`);
    expect(pinned(once, slot)).toEqual({ changed: false, text: once });
    expect(pinned(once, slot, OTHER).text).toBe(`${text}    sha256: ${OTHER}\n`);
  });

  it('turns the path of a table into a mapping, its comment kept', () => {
    const text = 'evidence:\n  # of last week\n  ledger: l.csv # all hosts\n  mix: m.csv\n';
    const { text: once } = pinned(text, OF_TABLE);
    expect(once).toBe(
      `evidence:\n  # of last week\n  ledger: {path: l.csv, sha256: ${DIGEST}} # all hosts\n  mix: m.csv\n`,
    );
    expect(pinned(once, OF_TABLE)).toEqual({ changed: false, text: once });
    expect(pinned(once, OF_TABLE, OTHER).text).toBe(once.replace(DIGEST, OTHER));
  });

  it('keeps what else a table has', () => {
    const text = 'evidence:\n  ledger:\n    path: l.csv\n    timezone: UTC # as logged\n';
    expect(pinned(text, OF_TABLE).text).toBe(`${text}    sha256: ${DIGEST}\n`);
  });

  it.each<[string, string, PinSlot]>([
    ['an alias of a tower', 'query_tower: &q {onnx: x}\nitem_tower: *q\n', { ...OF_TOWER, owner: ['item_tower'] }],
    ['an alias of a table', 'evidence: {mix: &m m.csv, ledger: *m}\n', OF_TABLE],
    ['a list', 'query_tower: [a]\n', OF_TOWER],
    ['nothing', 'release: r\n', OF_TOWER],
  ])('cannot be written into %s', (_, text, slot) => {
    expect(new YamlEdits(text).canPin(slot)).toBe(false);
    expect(() => pinned(text, slot)).toThrow(/^no mapping at |is no table$/);
  });

  it('can be written where a mapping, or the path of a table, stands', () => {
    expect(new YamlEdits(RELEASE).canPin(OF_TOWER)).toBe(true);
    for (const table of ['l.csv', '{path: l.csv}'])
      expect(new YamlEdits(`evidence: {ledger: ${table}}\n`).canPin(OF_TABLE)).toBe(true);
  });
});
