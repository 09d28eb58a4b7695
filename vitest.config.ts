import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['__tests__/**/*.test.ts'],
    // The ONNX runtime checks typed arrays by realm: worker threads with a VM context would fail it.
    pool: 'forks',
    // Both cores: much of the time of the Action's runs is waiting.
    maxWorkers: 2,
    // Ends what hangs, and nothing else: a machine that has other work to do may need many times what an idle one does.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
