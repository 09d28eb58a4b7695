// Bundles coverage.ts with the product's own statistics and runs it: node bench/coverage.mjs [--runs N] [--rows N] [--seed N]
import { withBundle } from './bundle.mjs';

await withBundle('coverage.ts', async ({ main }) => main(process.argv.slice(2)));
