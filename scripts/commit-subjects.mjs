// Holds the subjects of commits under 72 characters: those since the rule was made, whose committer date says when.
// Merges, which tools word, are left out.
// Usage: node scripts/commit-subjects.mjs [folder]
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** The rule came into force then: history before it stays as it is. */
const SINCE = Date.parse('2026-11-28T12:00:00Z') / 1000;
const LIMIT = 72;

const folder = resolve(process.argv[2] ?? '.');

function git(...args) {
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return status === 0 ? stdout : undefined;
}

/** A shallow clone hides the parents of its oldest commits: the object itself says how many there are. */
function isMerge(sha) {
  const [head] = (git('cat-file', 'commit', sha) ?? '').split('\n\n');
  return (head.match(/^parent /gm) ?? []).length > 1;
}

const log = git('log', '--format=%H%x09%ct%x09%s', 'HEAD');
if (log === undefined) console.log('commit subjects: no history here, nothing to hold');
else {
  const commits = log
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [sha, time, ...subject] = line.split('\t');
      return { sha, time: Number(time), subject: subject.join('\t') };
    })
    .filter(({ time }) => time >= SINCE);
  const long = commits.filter(({ sha, subject }) => [...subject].length >= LIMIT && !isMerge(sha));
  for (const { sha, subject } of long)
    console.error(
      `${sha.slice(0, 12)}: a subject of ${[...subject].length} characters; expected fewer than ${LIMIT}: ` +
        JSON.stringify(subject),
    );
  if (long.length > 0) {
    console.error('Write: git commit --amend, or git rebase -i, and a shorter first line.');
    process.exitCode = 1;
  } else console.log(`commit subjects: ${commits.length} since the rule, all under ${LIMIT} characters`);
}
