/** A release that is published on a base commit, and a change that is judged against it. */
import { expect } from 'vitest';
import { BasePolicy } from '../../src/host/base-policy.js';
import { Commit } from '../../src/host/git.js';
import { lookupTower, onnx } from './onnx.js';
import { digest, type Outcome, type Project } from './project.js';
import { commit } from './workflow.js';

const RELEASE = 'models/release.yml';

/** @param current the project of the test that runs */
export function publishedRelease(current: () => Project) {
  /** The release with every checkpoint pinned. */
  function pinned(versions = ['v3', 'v2', 'v1']): Project {
    for (const side of ['query', 'item']) {
      const pins = versions.map((v) => `${v}: ${digest(current().bytes(`models/${side}/${v}.onnx`))}`).join(', ');
      current().edit(RELEASE, `  onnx: ${side}/{version}.onnx`, `  onnx: ${side}/{version}.onnx\n  sha256: {${pins}}`);
    }
    return current();
  }

  /** Commits what stands there as the base, lets the change be made, and judges it. */
  function judged(change: () => void): Promise<Outcome> {
    const base = commit(current(), 'base');
    change();
    return current().judge(new BasePolicy(Commit.open(current().folder, base)));
  }

  /** Other weights, as good a model. */
  function retrained(path: string): void {
    const table = Array.from({ length: 180 }, (_, i) => [i / 180, 1 - i / 180, 0.1, -0.2]);
    const input = path.includes('query') ? 'query_index' : 'item_index';
    current().write(path, onnx(lookupTower(path.includes('query') ? table : table.slice(0, 50), input)));
  }

  async function refused(change: () => void): Promise<string> {
    const { status, message } = await judged(change);
    expect([status, message]).toEqual([2, expect.not.stringMatching(/\n\s+at /)]);
    return message;
  }

  return { pinned, judged, retrained, refused };
}
