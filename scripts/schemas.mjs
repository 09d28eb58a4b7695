// Writes what the registries list where else it is named, and types from the schemas. With --check it writes nothing
// and says what has fallen behind.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { checkPage, diagnosisPage, metricsPage, readme } from './schemas/pages.mjs';
import { policySchema, releaseSchema, reportSchema } from './schemas/schemas.mjs';
import { typesOf, wrapped } from './schemas/types.mjs';

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

/** All that is listed once: metrics, checks by layer, kinds of reasons, and every table of evidence. */
async function registriesOf() {
  const [{ METRICS, takesCutoff }, { CHECKS }, { REASON_KINDS }, { DIALECTS }] = await Promise.all([
    load('src/estimation/metrics/registry.ts'),
    load('src/checks/registry.ts'),
    load('src/checks/reason-words.ts'),
    load('src/data/evidence/sql.ts'),
  ]);
  const specs = CHECKS.flatMap((check) => [...check.tables, ...(check.beside ?? [])]);
  const tables = [...new Map(specs.map((spec) => [spec.name, spec])).values()];
  return { metrics: METRICS, takesCutoff, checks: CHECKS, reasons: REASON_KINDS, tables, dialects: DIALECTS };
}

const read = (path) => readFileSync(join(root, path), 'utf8');

/** The form in which biome leaves a file. */
function formatted(path, text) {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  return execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
}

/** Every generated file as it ought to be, by its path. */
async function generated() {
  const registries = await registriesOf();
  const files = new Map();
  const documents = [
    {
      form: 'a policy',
      name: 'PolicyFile',
      into: policySchema,
      schema: 'policy',
      types: 'src/documents/policy/policy-file.ts',
    },
    {
      form: 'a release',
      name: 'ReleaseFile',
      into: releaseSchema,
      schema: 'release',
      types: 'src/documents/release/release-file.ts',
    },
    {
      form: 'report.json',
      name: 'ReportFile',
      into: reportSchema,
      schema: 'report',
      types: 'src/report/report-file.ts',
    },
  ];
  for (const { form, name, into, schema, types } of documents) {
    const path = `gates/${schema}.schema.json`;
    const filled = into(JSON.parse(read(path)), registries);
    files.set(path, formatted(path, JSON.stringify(filled, null, 2)));
    files.set(types, wrapped(formatted(types, await typesOf(filled, name, form))));
  }
  files.set('docs/metrics.md', metricsPage(read('docs/metrics.md'), registries));
  files.set('docs/diagnosis.md', diagnosisPage(read('docs/diagnosis.md'), registries));
  files.set('README.md', readme(read('README.md'), registries));
  for (const check of registries.checks) {
    const path = `docs/checks/${check.id}.md`;
    files.set(path, checkPage(existsSync(join(root, path)) ? read(path) : undefined, check, registries));
  }
  return files;
}

const stale = [...(await generated())].filter(([path, text]) => !existsSync(join(root, path)) || read(path) !== text);
if (!process.argv.includes('--check')) for (const [path, text] of stale) writeFileSync(join(root, path), text);
else if (stale.length > 0) {
  for (const [path] of stale)
    console.error(`${path} has fallen behind what it is generated from. Run: npm run schemas`);
  process.exitCode = 1;
}
