// Prints what CHANGELOG.md says of a version, for its release: fails where tag, package.json and CHANGELOG.md are not
// of one version.
// Usage: node scripts/release-notes.mjs v1.2.3
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tag = process.argv[2] ?? '';
const read = (name) => readFileSync(join(root, name), 'utf8');

/** The text between the heading of the version and the next of its level. */
function sectionOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}] - `));
  return section?.slice(section.indexOf('\n') + 1).trim();
}

function problemOf(version) {
  if (!/^v\d+\.\d+\.\d+$/.test(tag)) return `the tag ${JSON.stringify(tag)}; expected v and a version, as v1.2.3`;
  const packaged = JSON.parse(read('package.json')).version;
  if (packaged !== version) return `version ${packaged} in package.json; expected ${version}, the tag's`;
  const notes = sectionOf(read('CHANGELOG.md'), version);
  if (!notes) return `nothing in CHANGELOG.md under "## [${version}] - <day>"; expected what the release changes`;
  return undefined;
}

const version = tag.slice(1);
const problem = problemOf(version);
if (problem) {
  console.error(`release: ${problem}`);
  process.exitCode = 1;
} else console.log(sectionOf(read('CHANGELOG.md'), version));
