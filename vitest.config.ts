import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['__tests__/**/*.test.ts'],
    // The ONNX runtime checks typed arrays by realm: worker threads with a VM context would fail it.
    pool: 'forks',
    testTimeout: 60_000,
  },
});
