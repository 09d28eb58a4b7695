/** Platforms whose ONNX runtime is not shipped: fetched once, verified, or refused. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchPackage } from '../../../src/models/towers/fetch-runtime.js';
import pin from '../../../src/models/towers/runtime-pin.json' with { type: 'json' };

let folder: string;
let tarball: Buffer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-fetch-'));
  mkdirSync(join(folder, 'source/package'), { recursive: true });
  writeFileSync(join(folder, 'source/package/package.json'), '{"name":"some-runtime","version":"1.2.3"}');
  execFileSync('tar', ['-czf', join(folder, 'p.tgz'), '-C', join(folder, 'source'), 'package']);
  tarball = readFileSync(join(folder, 'p.tgz'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const integrityOf = (bytes: Buffer) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

function options(bytes: Buffer, calls: string[] = []) {
  return {
    cache: join(folder, 'cache'),
    pin: { name: 'some-runtime', version: '1.2.3', integrity: integrityOf(tarball) },
    pack: async (spec: string, into: string) => {
      calls.push(spec);
      writeFileSync(join(into, 'some-runtime-1.2.3.tgz'), bytes);
    },
  };
}

describe('a runtime that is not shipped', () => {
  it('is fetched as pinned, unpacked, and kept for the next run', async () => {
    const calls: string[] = [];
    const home = await fetchPackage(options(tarball, calls));
    expect(readFileSync(join(home, 'package.json'), 'utf8')).toContain('"some-runtime"');
    expect(await fetchPackage(options(tarball, calls))).toBe(home);
    expect(calls).toEqual(['some-runtime@1.2.3']);
    expect(readdirSync(join(folder, 'cache')).filter((name) => name.startsWith('fetch-'))).toEqual([]);
  });

  it('with another digest is refused before a byte of it is unpacked', async () => {
    const spoiled = Buffer.concat([tarball, Buffer.from([0])]);
    await expect(fetchPackage(options(spoiled))).rejects.toThrow(
      /fetching it gave a package with sha512 .*; expected .*as pinned/,
    );
    expect(existsSync(join(folder, 'cache', `1.2.3-${process.platform}-${process.arch}`))).toBe(false);
  });

  it('that cannot be fetched is one clear error', async () => {
    const offline = { ...options(tarball), pack: async () => Promise.reject(new Error('getaddrinfo ENOTFOUND')) };
    await expect(fetchPackage(offline)).rejects.toThrow(
      /is not shipped, and fetching it gave no package \(getaddrinfo ENOTFOUND\); expected npm on the PATH/,
    );
  });

  it('is pinned to what package-lock.json installs', () => {
    const lock = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; integrity: string }>;
    };
    const { version, integrity } = lock.packages['node_modules/onnxruntime-node']!;
    expect(pin).toEqual({ name: 'onnxruntime-node', version, integrity });
  });
});
