// Bundles diagnosis.ts with the product's own statistics and runs it: node bench/diagnosis.mjs [--runs N], with
// --day-one for its table alone, or --example FOLDER for the example's ledger.
import { withBundle } from './bundle.mjs';

await withBundle('diagnosis.ts', async ({ main }) => main(process.argv.slice(2)));
