// Bundles calibrate.ts with the product's own statistics and runs it:
// node bench/calibrate.mjs [--families N] [--releases N] [--seed N] [--only TEXT]
import { withBundle } from './bundle.mjs';

await withBundle('calibrate.ts', async ({ main }) => main(process.argv.slice(2)));
