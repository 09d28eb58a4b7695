// Writes the metrics of src/metrics/registry.ts where else they are named: the policy's schema, for editors, and docs/metrics.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { outputFiles } = await build({
  entryPoints: [join(root, 'src/metrics/registry.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const { METRICS, takesCutoff } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);
const path = join(root, 'gates/policy.schema.json');
const schema = JSON.parse(readFileSync(path, 'utf8'));
const ids = METRICS.filter((metric) => !takesCutoff(metric)).map((metric) => metric.id);
const families = METRICS.filter(takesCutoff).map((metric) => metric.id);
schema.definitions.rule.properties.metric.anyOf = [
  { enum: ids },
  { pattern: `^(${families.join('|')})@[1-9][0-9]{0,5}$`, examples: families.map((id) => `${id}@K`) },
];
writeFileSync(path, `${JSON.stringify(schema, null, 2)}\n`);

const page = join(root, 'docs/metrics.md');
const rows = METRICS.map((metric) => {
  const id = takesCutoff(metric) ? `${metric.id}@K` : metric.id;
  return `| \`${id}\` | ${metric.title} | ${metric.better} | ${metric.unit} | ${metric.merges} | ${metric.source} |`;
});
const table = ['| id | | better | unit | merges by | source |', '|---|---|---|---|---|---|', ...rows].join('\n');
const text = readFileSync(page, 'utf8').replace(
  /<!-- metrics -->[\s\S]*<!-- \/metrics -->/,
  () => `<!-- metrics -->\n${table}\n<!-- /metrics -->`,
);
writeFileSync(page, text);
