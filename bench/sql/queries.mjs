// Prints every query of a table of evidence in every dialect, as JSON: node bench/sql/queries.mjs
import { withBundle } from '../bundle.mjs';

await withBundle('sql/queries.ts', async ({ main }) => main());
