#!/usr/bin/env bash
# @octokit/plugin-retry 8.1.1 (with @octokit/core 7.0.8): how long a request waits before its first retry depends on how the
# request before it ended.
#
# The plugin waits (retryCount + 1)² seconds before it tries again, and keeps retryCount in `options.request`. Where a call has no
# `request` options of its own, that object is the client's one and the same for every request, and nobody sets it back. After one
# request that was given up with two retries, the next one starts at 3: it waits 16 seconds before its first retry, not 1. An
# Action that tells GitHub of a verdict, while GitHub is down, takes minutes where its settings say seconds.
#
# Seen (a loopback server that answers 500 to everything, retries: 2; retryCount at each attempt):
#   first request: 0 1 2     second request: 3 1 2     second request with request options of its own: 0 1 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @octokit/core@7.0.8 @octokit/plugin-retry@8.1.1
cat > waits.js <<'JAVASCRIPT'
import { createServer } from 'node:http';
import { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';

const server = createServer((_, response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{}'));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const baseUrl = `http://127.0.0.1:${server.address().port}`;

let counts;
// Within the plugin's own hook: asked at every attempt, before the plugin counts it.
const spy = (octokit) => {
  octokit.hook.error('request', (error, options) => {
    counts.push(options.request.retryCount ?? 0);
    throw error;
  });
};
const clientOf = () =>
  new (Octokit.plugin(spy, retry))({
    baseUrl,
    request: { retries: 2 },
    retry: { retryAfterBaseValue: 1 },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });

async function countsOf(client, options) {
  counts = [];
  await client.request('GET /', options).catch(() => undefined);
  return counts.join(' ');
}

const client = clientOf();
const [first, second] = [await countsOf(client), await countsOf(client)];
const other = clientOf();
await countsOf(other);
const own = await countsOf(other, { request: { retryCount: 0 } });
server.close();
console.log(`retryCount at each attempt: first request ${first}, second ${second}, second with its own options ${own}`);
if (first !== '0 1 2' || second !== '3 1 2' || own !== '0 1 2') {
  console.error('changed: the second request no longer starts where the first ended');
  process.exitCode = 1;
}
JAVASCRIPT
node waits.js
