#!/usr/bin/env node
/** The command line: the version at once, everything else by the program, which is a file of its own (build.mjs). */
import { asksForVersion } from './commands/asks.js';
import { endWith } from './host/last-words.js';
import { VERSION } from './lib/version.js';

const argv = process.argv.slice(2);
endWith(
  asksForVersion(argv)
    ? Promise.resolve(process.stdout.write(`${VERSION}\n`)).then(() => 0)
    : import('./commands/program.js').then(({ program }) => program(argv)),
);
