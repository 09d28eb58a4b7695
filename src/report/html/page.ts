/** The frame of a page that needs nothing else: it loads nothing, and allows its own style and its own script alone. */

import { createHash } from 'node:crypto';
import { escapeHtml } from '../html-text.js';

export interface Page {
  readonly title: string;
  /** Parts of the body, made inert. */
  readonly body: readonly string[];
  readonly style: string;
  readonly script?: string;
}

export function pageOf({ title, body, style, script }: Page): string {
  const allowed = [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src ${digest(script)}`]),
    `style-src ${digest(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${allowed.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body.filter((part) => part !== '').join('\n')}
</main>
${script === undefined ? '' : `<script>${script}</script>\n`}</body>
</html>
`;
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
