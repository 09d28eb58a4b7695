/**
 * Words that a mend writes into a release: names of a graph's inputs and outputs are whatever an exporter made of
 * them.
 */

/** Plain texts that YAML takes for something else. */
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

/**
 * A text as a YAML key or value, alone or within `{…}`: in quotation marks wherever it could be read as another thing.
 */
export function yamlText(text: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(text) && !WORDS.test(text) ? text : JSON.stringify(text);
}
