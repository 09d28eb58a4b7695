// Writes what the registries list where else it is named: metrics in the policy's schema and docs/metrics.md, tables of evidence in the release's schema, tables and rules in docs/checks/.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The exports of a module of src/. */
async function load(entry) {
  const folder = mkdtempSync(join(root, 'node_modules/.schemas-'));
  try {
    const outfile = join(folder, 'module.mjs');
    await build({
      entryPoints: [join(root, entry)],
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      outfile,
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { METRICS, takesCutoff } = await load('src/estimation/metrics/registry.ts');
const { CHECKS } = await load('src/checks/registry.ts');
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

const tables = new Map(
  CHECKS.flatMap((check) => [...check.tables, ...(check.beside ?? [])]).map((spec) => [spec.name, spec]),
);
const releasePath = join(root, 'gates/release.schema.json');
const release = JSON.parse(readFileSync(releasePath, 'utf8'));
const evidence = release.properties.evidence;
evidence.description = `tables by name, for the checks on evidence: ${[...tables.keys()].join(', ')}`;
evidence.properties = Object.fromEntries(
  [...tables.values()].map(({ name, holds, required }) => [
    name,
    {
      description: `a path relative to this file, or {path, sha256${name === 'ledger' ? ', timezone' : ''}}: ${holds} (${required.join(', ')})`,
      type: ['string', 'object'],
      minLength: 1,
      maxLength: 1000,
      examples: [`gap/${name}.${name === 'ledger' ? 'parquet' : 'csv'}`],
      additionalProperties: false,
      required: ['path'],
      properties: {
        path: {
          description: 'a path relative to this file',
          type: 'string',
          minLength: 1,
          maxLength: 1000,
          examples: [`gap/${name}.csv`],
        },
        sha256: { description: 'a sha256: 64 hexadecimal digits', type: 'string', pattern: '^[0-9a-fA-F]{64}$' },
        ...(name === 'ledger' && {
          timezone: {
            description:
              'whose clock its times are read off where they do not say a zone: UTC, an offset, or an IANA name',
            type: 'string',
            minLength: 1,
            maxLength: 100,
            examples: ['Europe/Berlin'],
          },
        }),
      },
    },
  ]),
);
writeFileSync(releasePath, `${JSON.stringify(release, null, 2)}\n`);

for (const check of CHECKS) {
  const file = join(root, `docs/checks/${check.id}.md`);
  const columns = (names) => names.map((name) => `\`${name}\``).join(', ');
  const specs = [
    ...check.tables,
    ...(check.beside ?? []).filter(({ name }) => check.tables.some((own) => own.name === 'arms') && name !== 'arms'),
  ];
  const sections = specs.map(({ name, holds, required, optional, others, sql }) =>
    name === 'ledger'
      ? '**`ledger`**: one row per (request, item) that was scored offline and online; its columns and its query are in [diagnosis.md](../diagnosis.md).'
      : [
          `**\`${name}\`**: ${holds}. Required: ${columns(required)}${optional?.length ? `; optional: ${columns(optional)}` : ''}${others ? '; every other column is a feature' : ''}.`,
          '',
          `\`\`\`sql\n${sql}\n\`\`\``,
        ].join('\n'),
  );
  const rules = check.metrics.map(
    ({ id, title, operators, share }) =>
      `| \`${id}\` | ${title} | ${operators.map((o) => `\`${o}\``).join(', ')}${share && operators.some((o) => o === 'min' || o === 'max') ? '; under `min` and `max` `1%` is `0.01`' : ''} |`,
  );
  const fill = {
    evidence: sections.join('\n\n'),
    rules: ['| metric | what | rules |', '|---|---|---|', ...rules].join('\n'),
  };
  let text = readFileSync(file, 'utf8');
  for (const [name, content] of Object.entries(fill))
    text = text.replace(
      new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`),
      () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`,
    );
  writeFileSync(file, text);
}

const diagnosis = join(root, 'docs/diagnosis.md');
const { sql } = tables.get('ledger');
writeFileSync(
  diagnosis,
  readFileSync(diagnosis, 'utf8').replace(
    /<!-- ledger -->[\s\S]*<!-- \/ledger -->/,
    () => `<!-- ledger -->\n\`\`\`sql\n${sql}\n\`\`\`\n<!-- /ledger -->`,
  ),
);
