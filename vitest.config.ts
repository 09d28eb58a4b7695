import { defineConfig } from 'vitest/config';

const OWN_PROCESS = [
  // The library of GitHub’s client reads the environment when it is loaded: once a process.
  '__tests__/host/github/unanswered.test.ts',
  // Rows in parts have garbage collected after each, which takes as long as the process holds much of other files.
  '__tests__/checks/version-skew/streamed.test.ts',
  '__tests__/estimation/streamed/tabulate-parts.test.ts',
];

/** What takes a core a good while: `npm run slow`, which .ci/run does. */
const SLOW = '__tests__/slow/**/*.test.ts';

export default defineConfig({
  test: {
    // The ONNX runtime checks typed arrays by realm: worker threads with a VM context would fail it.
    pool: 'forks',
    // Two for each core of the smallest runner: runs of the Action mostly wait, as GitHub wants a second between writes.
    maxWorkers: 4,
    // Ends what hangs, and nothing else: a machine that has other work to do may need many times what an idle one does.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    setupFiles: ['__tests__/support/set-up.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['__tests__/**/*.test.ts'],
          exclude: [...OWN_PROCESS, SLOW],
          // Loading and compiling the program anew would take as long as most files run. Each leaves its process as it was.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'apart', include: OWN_PROCESS } },
      { extends: true, test: { name: 'slow', include: [SLOW] } },
    ],
  },
});
