import { bytesToHex, hexToBytes } from '@peerloom/core/plugin';
import { ClosedNetworkError } from '../closed-network-error.js';

/** What a file of a closed network is. */
export type FileKind = 'authority' | 'member' | 'revoked';

/** Names of the values of each kind of file, in their order. */
const fields = {
  authority: ['key'],
  member: ['authority', 'key', 'certificate'],
  revoked: ['authority', 'list'],
} as const satisfies Readonly<Record<FileKind, readonly string[]>>;

/** The values of a file of one kind. */
export type FileValues<K extends FileKind> = Readonly<Record<(typeof fields)[K][number], Uint8Array>>;

function headingOf(kind: FileKind): string {
  return `peerloom-${kind}-v1`;
}

/** The text of a file: a line that says what it is, and a line for each value, in hexadecimal. */
export function formatFile<K extends FileKind>(kind: K, values: FileValues<K>): string {
  const byName: Readonly<Record<string, Uint8Array>> = values;
  const lines = fields[kind].map((name) => `${name} ${bytesToHex(byName[name] as Uint8Array)}`);
  return `${[headingOf(kind), ...lines].join('\n')}\n`;
}

/** What kind of file a text is; `undefined` where it is none. */
export function fileKindOf(text: string): FileKind | undefined {
  const kinds = Object.keys(fields) as FileKind[];
  const [heading] = text.split(/\r?\n/, 1);
  return kinds.find((kind) => heading === headingOf(kind));
}

/** The values of a file. Throws {@link ClosedNetworkError} `CLOSED_NETWORK_FILE` where it is no such file. */
export function parseFile<K extends FileKind>(kind: K, text: string): FileValues<K> {
  const names: readonly string[] = fields[kind];
  const [heading, ...lines] = text.replace(/\n$/, '').replaceAll('\r', '').split('\n');
  const values: Record<string, Uint8Array> = {};
  for (const [index, line] of lines.entries()) {
    const [, name = '', hex = ''] = /^(\w+) ([0-9a-f]+)$/.exec(line) ?? [];
    const bytes = hexToBytes(hex);
    if (name !== names[index] || bytes === undefined) throw notSuchFile(kind);
    values[name] = bytes;
  }
  if (heading !== headingOf(kind) || lines.length !== names.length) throw notSuchFile(kind);
  return values as FileValues<K>;
}

function notSuchFile(kind: FileKind): ClosedNetworkError {
  const what = { authority: 'an authority key', member: "a member's key", revoked: 'a revocation list' }[
    kind
  ];
  return new ClosedNetworkError('CLOSED_NETWORK_FILE', `this is not the file of ${what}`);
}
