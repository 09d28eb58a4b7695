/** A git repository in a temporary folder, for what reads commits. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { git } from './workflow.js';

export class Repository {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-repository-')));

  constructor() {
    this.git('init', '-q', '-b', 'main');
  }

  /** Absolute path of a file of the checkout. */
  path(file: string): string {
    return join(this.folder, file);
  }

  git(...args: string[]): string {
    return git(this.folder, ...args);
  }

  write(file: string, content: string | Uint8Array): this {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), content);
    return this;
  }

  link(file: string, target: string): this {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    symlinkSync(target, this.path(file));
    return this;
  }

  delete(file: string): this {
    rmSync(this.path(file));
    return this;
  }

  /** Makes a commit of everything in the checkout; its sha. */
  commit(): string {
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', 'change');
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
