// Cuts what __tests__/support/github.ts needs out of an OpenAPI description of GitHub's REST API (api.github.com.json of
// @octokit/openapi, plain or deref) and writes __tests__/support/github-openapi.json. Run it when GitHub changes a
// limit: node scripts/github-openapi.mjs DESCRIPTION
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OPERATIONS = [
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations',
  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files',
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'POST /repos/{owner}/{repo}/check-runs',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
];
/** Words for readers: nothing validates by them. */
const PROSE = new Set(['description', 'example', 'examples', 'externalDocs', 'title']);

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('usage: node scripts/github-openapi.mjs DESCRIPTION.json');
const description = JSON.parse(readFileSync(source, 'utf8'));

function resolve(value) {
  let found = value;
  while (found?.$ref !== undefined) {
    const keys = found.$ref.replace(/^#\//, '').split('/');
    found = keys.reduce((at, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], description);
  }
  return found;
}

const sorted = (entries) => Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * A schema without prose, its references inlined, its keys sorted; the order of `enum` and `required` is the
 * description's own.
 */
function bare(value) {
  const schema = resolve(value);
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => !PROSE.has(key) && !key.startsWith('x-'));
  // Under `properties` the keys are names: an action has a `description`, an output a `title`.
  return sorted(kept.map(([key, part]) => [key, key === 'properties' ? named(part) : bare(part)]));
}

function named(properties) {
  return sorted(Object.entries(properties).map(([name, schema]) => [name, bare(schema)]));
}

function slice(operation) {
  const [method, path] = operation.split(' ');
  const found = description.paths[path]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`${source} does not describe ${operation}`);
  const query = (found.parameters ?? []).map(resolve).filter((parameter) => parameter.in === 'query');
  const body = resolve(found.requestBody)?.content['application/json'].schema;
  return {
    ...(body === undefined ? {} : { body: bare(body) }),
    query: sorted(query.map(({ name, schema }) => [name, bare(schema)])),
  };
}

const { title, version, license } = description.info;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const path = join(root, '__tests__/support/github-openapi.json');
const slices = {
  $comment: `Written by scripts/github-openapi.mjs from "${title}", version ${version}, licence ${license.name}.`,
  operations: sorted(OPERATIONS.map((operation) => [operation, slice(operation)])),
};
writeFileSync(path, JSON.stringify(slices));
execFileSync(process.execPath, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'format', '--write', path]);
