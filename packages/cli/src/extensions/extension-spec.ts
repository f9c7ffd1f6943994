import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

/** One value of an `--ext` option: what stands there, or the path of a file whose text it is. */
type SpecValue = { readonly text: string } | { readonly file: string };

/** What `--ext` names: an extension and its options. */
export interface ExtensionSpec {
  /** A package, a path, or a first-party extension's short name. */
  readonly source: string;
  readonly options: ReadonlyMap<string, SpecValue>;
}

/** The colon that ends the source is the first one with `key=` after it, so paths and URLs may have some. */
const specPattern = /^([^:].*?)(?::([A-Za-z][\w-]*=.*))?$/s;

/**
 * Reads `SOURCE[:key=value,…]`. In a value `\,` stands for a comma, and a value that begins with `@` is the
 * path of a file. Throws {@link CliError} with `CLI_EXT_SYNTAX`.
 */
export function parseExtensionSpec(text: string): ExtensionSpec {
  const [, source, list] = specPattern.exec(text) ?? [];
  if (source === undefined) throw syntaxError(text, 'it names no extension');
  const options = new Map<string, SpecValue>();
  for (const part of list === undefined ? [] : list.split(/(?<!\\),/)) {
    const [, key = '', value = ''] = /^([A-Za-z][\w-]*)=(.*)$/s.exec(part) ?? [];
    if (key === '') throw syntaxError(text, `'${escapeText(part)}' is not key=value (write \\, for a comma)`);
    if (options.has(key)) throw syntaxError(text, `'${key}' stands there twice`);
    options.set(key, readValue(value.replaceAll('\\,', ',')));
  }
  return { source, options };
}

function readValue(value: string): SpecValue {
  return value.startsWith('@') ? { file: value.slice(1) } : { text: value };
}

function syntaxError(text: string, problem: string): CliError {
  return new CliError('CLI_EXT_SYNTAX', `--ext '${escapeText(text)}': ${problem}`);
}
