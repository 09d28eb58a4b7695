// Bundles beyond-ads.ts and writes the tables of the examples beyond ads again: node bench/beyond-ads.mjs
import { withBundle } from './bundle.mjs';

await withBundle('beyond-ads.ts', async ({ main }) => main());
