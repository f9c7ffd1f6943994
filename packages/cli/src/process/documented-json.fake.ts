import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Json = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/** A field as a page has it. */
interface DocumentedField {
  readonly type: string;
  readonly isOptional: boolean;
}

type Fields = ReadonlyMap<string, DocumentedField>;

/** The text of a page in `docs/`. */
export function readPage(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url)), 'utf8');
}

const page = readPage('COMMAND-LINE.md');

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const hasText = (value: unknown, ...names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => typeof value[name] === 'string');
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);

/** How values of the types in `ALERTS.md` look in JSON. */
export const jsonForms: Readonly<Record<string, Check>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  InfoHash: matches(/^[\da-f]{40}$/),
  Endpoint: matches(/^(?:\[[\da-f:.]+\]|[\d.]+):\d+$/),
  PeerloomError: (value) => hasText(value, 'code', 'message') && Object.keys(value as Json).length === 2,
  DisconnectReason: (value) =>
    hasText(value, 'origin', 'code', 'message') &&
    Object.keys(value as Json).every((name) => ['origin', 'code', 'message', 'plugin'].includes(name)),
  TorrentState: matches(/^(?:downloadingMetadata|checkingFiles|downloading|finished|seeding|error)$/),
  PluginFaultAction: matches(/^\w+$/),
  PluginScopeName: matches(/^\w+$/),
  'readonly SettingName[]': (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string'),
  'Readonly<Record<string, unknown>>': isObject,
  unknown: () => true,
};

/** The fields of each alert, by `ALERTS.md`. */
export const alertFields: ReadonlyMap<string, Fields> = new Map(
  readPage('ALERTS.md')
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const fields = [...section.matchAll(/^- `(\w+)(\?)?: ([^`]+)`:/gm)].map(
        ([, name = '', mark, type = '']): [string, DocumentedField] => [
          name,
          {
            type: type.replace(/ \| undefined$/, ''),
            isOptional: mark === '?' || type.endsWith('| undefined'),
          },
        ],
      );
      return [section.slice(0, section.indexOf('\n')), new Map(fields)];
    }),
);

/** The table that follows `start` in `COMMAND-LINE.md`. */
function tableAfter(start: string): Fields {
  const at = page.indexOf(start);
  if (at < 0) throw new Error(`COMMAND-LINE.md has no '${start}'`);
  const table = /(?:^\|.*\n)+/m.exec(page.slice(at))?.[0] ?? '';
  const rows = [...table.matchAll(/^\| `(\w+)` \| ([\w[\]]+)(\?)? \|/gm)];
  return new Map(rows.map(([, name = '', type = '', mark]) => [name, { type, isOptional: mark === '?' }]));
}

function problemsOf(value: unknown, type: string, where: string): readonly string[] {
  if (type === 'any') return [];
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${where} is no array`];
    return value.flatMap((item, index) => problemsOf(item, type.slice(0, -2), `${where}[${index}]`));
  }
  if (['string', 'number', 'boolean', 'object'].includes(type)) {
    return typeof value === type && value !== null ? [] : [`${where} is no ${type}`];
  }
  if (!isObject(value)) return [`${where} is no ${type}`];
  const own = tableAfter(
    `${type === 'InfoFile' || type === 'Error' || type === 'Issued' ? 'An' : 'A'} ${type}`,
  );
  const fields = type === 'DownloadedTorrent' ? new Map([...tableAfter('A SeededTorrent:'), ...own]) : own;
  return fieldProblems(value, fields, where);
}

function fieldProblems(
  object: Json,
  fields: Fields,
  where: string,
  isComplete = true,
  check = problemsOf,
): readonly string[] {
  const missing = [...fields].filter(([name, field]) => isComplete && !field.isOptional && !(name in object));
  return [
    ...missing.map(([name]) => `${where}.${name} is missing`),
    ...Object.entries(object).flatMap(([name, value]) => {
      const field = fields.get(name);
      return field === undefined
        ? [`${where}.${name} is not documented`]
        : check(value, field.type, `${where}.${name}`);
    }),
  ];
}

function alertProblems({ type, ...fields }: Json): readonly string[] {
  const documented = alertFields.get(String(type));
  if (documented === undefined) return [`'${String(type)}' is not documented`];
  return fieldProblems(fields, documented, String(type), true, (value, form, where) =>
    jsonForms[form]?.(value) === true ? [] : [`${where} is no ${form}: ${JSON.stringify(value)}`],
  );
}

/** What in the lines of `--json` is not as the pages say; a command that failed has what it came to. */
export function lineProblems(lines: readonly string[], command: string): readonly string[] {
  const objects: readonly Json[] = lines.map((line) => JSON.parse(line));
  const problems = objects.slice(0, -1).flatMap((object) => {
    if (object.type === 'warning') return fieldProblems(object, tableAfter('### Line warning'), 'warning');
    if (command !== 'swarm') return alertProblems(object);
    const { node, ...alert } = object;
    return [
      ...(typeof node === 'string' ? [] : ['an alert of a swarm without node']),
      ...alertProblems(alert),
    ];
  });
  const last = objects.at(-1) ?? {};
  const fields = new Map([...tableAfter('### Summary\n'), ...tableAfter(`### Summary of ${command}\n`)]);
  const isOfCommand = last.type === 'summary' && last.command === command;
  return [
    ...problems,
    ...(isOfCommand ? [] : [`the last line is no summary of ${command}`]),
    ...fieldProblems(last, fields, 'summary', last.error === undefined),
  ];
}
