import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isPeerloomError, type SessionPlugin, type TorrentPluginFactory } from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { readTextFile } from '../input/text-file.js';
import { escapeText } from '../output/escape-text.js';
import { type ExtensionSpec, parseExtensionSpec } from './extension-spec.js';
import { defaultExtensions, firstPartyPackages, shortName } from './first-party.js';

/** An extension as a session takes it. */
export type Extension = SessionPlugin | TorrentPluginFactory;

/** What `--ext` and `--no-ext` say. */
export interface ExtensionChoice {
  readonly ext: readonly ExtensionSpec[];
  readonly noExt: readonly string[];
}

/** What a package that can be named by `--ext` exports. */
interface ExtensionModule {
  readonly default?: unknown;
  /** Names of options whose files nobody else may be able to read. */
  readonly secretOptions?: unknown;
}

const fileCodes = { unreadable: 'CLI_EXT_FILE', mode: 'CLI_EXT_FILE_MODE' };

/** Where the options of an extension came from. */
export interface OptionSource {
  /** Files that options were read from. */
  readonly files: readonly string[];
  /** Reads all options again. Rejects as {@link loadExtensions} does. */
  read(): Promise<Record<string, string>>;
}

const sources = new WeakMap<Extension, OptionSource>();

/** Where the options of an extension that was loaded came from. */
export function optionSourceOf(extension: Extension): OptionSource | undefined {
  return sources.get(extension);
}

/**
 * Loads the extensions of a session: the default ones that are not taken out, then those asked for. Rejects
 * with {@link CliError} `CLI_EXT_…`, or the code that the extension itself gives to a wrong option.
 */
export async function loadExtensions({ ext, noExt }: ExtensionChoice): Promise<Extension[]> {
  const replaced = new Set([...noExt, ...ext.map(({ source }) => source)].map(shortName));
  const defaults = defaultExtensions.filter((name) => !replaced.has(name)).map(parseExtensionSpec);
  const extensions: Extension[] = [];
  const names = new Set<string>();
  for (const spec of [...defaults, ...ext]) {
    const extension = await loadExtension(spec);
    if (names.has(extension.name)) {
      throw specError(spec, 'CLI_EXT_DUPLICATE', `'${escapeText(extension.name)}' is loaded already`);
    }
    names.add(extension.name);
    extensions.push(extension);
  }
  return extensions;
}

async function loadExtension(spec: ExtensionSpec): Promise<Extension> {
  const { default: create, secretOptions } = await importModule(spec);
  if (typeof create !== 'function') {
    throw specError(spec, 'CLI_EXT_INVALID', 'its default export is not a function that makes an extension');
  }
  const read = (): Promise<Record<string, string>> =>
    readOptions(spec, Array.isArray(secretOptions) ? secretOptions : []);
  const options = await read();
  let extension: unknown;
  try {
    extension = create(options);
  } catch (error) {
    throw specError(spec, isPeerloomError(error) ? error.code : 'CLI_EXT_OPTION', messageOf(error), error);
  }
  if (!isExtension(extension)) throw specError(spec, 'CLI_EXT_INVALID', 'what it made is not an extension');
  const files = [...spec.options.values()].flatMap((value) => ('file' in value ? [value.file] : []));
  sources.set(extension, { files, read });
  return extension;
}

async function importModule(spec: ExtensionSpec): Promise<ExtensionModule> {
  const specifier = resolve(spec);
  try {
    return await import(specifier);
  } catch (error) {
    // A module that is there may miss one of its own.
    const isMissing = messageOf(error).startsWith(`Cannot find package '${specifier}'`);
    if (isMissing) throw notFound(spec, error);
    throw specError(spec, 'CLI_EXT_LOAD', `it cannot be loaded: ${messageOf(error)}`, error);
  }
}

/** A first-party short name, a path, or a package as the working folder sees it, else as the command does. */
function resolve(spec: ExtensionSpec): string {
  const { source } = spec;
  const firstParty = firstPartyPackages[shortName(source)];
  if (firstParty !== undefined) return firstParty;
  if (source.startsWith('file:')) return source;
  const require = createRequire(join(process.cwd(), 'command.js'));
  try {
    return pathToFileURL(require.resolve(source)).href;
  } catch (error) {
    if (source.startsWith('.') || isAbsolute(source)) throw notFound(spec, error);
    return source;
  }
}

function notFound(spec: ExtensionSpec, cause: unknown): CliError {
  return specError(spec, 'CLI_EXT_NOT_FOUND', 'there is no such extension', cause);
}

async function readOptions(
  spec: ExtensionSpec,
  secretOptions: readonly unknown[],
): Promise<Record<string, string>> {
  const options: Record<string, string> = Object.create(null);
  for (const [key, value] of spec.options) {
    const where = `--ext ${escapeText(spec.source)}: ${key}`;
    options[key] =
      'text' in value
        ? value.text
        : await readTextFile({
            path: value.file,
            where,
            codes: fileCodes,
            isSecret: secretOptions.includes(key),
          });
  }
  return options;
}

function isExtension(value: unknown): value is Extension {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return 'name' in value && typeof value.name === 'string' && 'apiVersion' in value;
}

function specError({ source }: ExtensionSpec, code: string, problem: string, cause?: unknown): CliError {
  const message = `--ext ${escapeText(source)}: ${problem}`;
  return new CliError(code, message, cause === undefined ? {} : { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
