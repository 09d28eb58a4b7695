// Bundles coverage.ts with the product's own statistics and runs it:
// node bench/coverage.mjs [--runs N] [--seed N] [--only TEXT]
import { withBundle } from './bundle.mjs';

await withBundle('coverage.ts', async ({ main }, file) => main(process.argv.slice(2), file));
