/** Longest request head, request line and header fields together. */
export const maxHeadBytes = 16 * 1024;
const maxTargetLength = 8 * 1024;
const maxFields = 64;

/** A request line and header fields (RFC 9112), as far as a tracker cares. */
export interface HttpHead {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly path: string;
  readonly query: string;
  /** Whether the remote wants to go on with this connection. */
  readonly isKeptAlive: boolean;
  /** Whether a body follows, which nobody reads. */
  readonly hasBody: boolean;
}

/** A request that can't be read: the status that says so. */
export interface HttpProblem {
  readonly status: 400 | 414 | 431 | 505;
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/;
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/;
const absoluteForm = /^https?:\/\/[^/?#]*/i;
const badRequest: HttpProblem = { status: 400 };

/** Reads a head without the empty line that ends it, one character a byte. */
export function parseHttpHead(text: string): HttpHead | HttpProblem {
  const [first = '', ...lines] = text.split('\r\n');
  const match = requestLine.exec(first);
  if (match === null) return badRequest;
  const [, method = '', target = '', major, minor = ''] = match;
  if (major !== '1') return { status: 505 };
  if (target.length > maxTargetLength) return { status: 414 };
  if (lines.length > maxFields) return { status: 431 };
  const fields = readFields(lines);
  const place = placeOf(target);
  if (fields === undefined || place === undefined) return badRequest;
  // RFC 9112, 3.2: else it could mean different things to us and to what is in between.
  const hosts = fields.get('host')?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && minor !== '0')) return badRequest;
  return { method, ...place, isKeptAlive: isKeptAlive(fields, minor), hasBody: hasBody(fields) };
}

type Fields = ReadonlyMap<string, readonly string[]>;

function readFields(lines: readonly string[]): Fields | undefined {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const match = fieldLine.exec(line);
    if (match === null) return undefined;
    const [, name = '', value = ''] = match;
    const key = name.toLowerCase();
    const values = fields.get(key);
    if (values === undefined) fields.set(key, [value.trim()]);
    else values.push(value.trim());
  }
  return fields;
}

function placeOf(target: string): { path: string; query: string } | undefined {
  const local = target.replace(absoluteForm, '');
  // What is left of `http://host` means its root.
  const origin = local !== target && !local.startsWith('/') ? `/${local}` : local;
  if (!origin.startsWith('/')) return undefined;
  const [whole = ''] = origin.split('#', 1);
  const mark = whole.indexOf('?');
  return mark < 0 ? { path: whole, query: '' } : { path: whole.slice(0, mark), query: whole.slice(mark + 1) };
}

function isKeptAlive(fields: Fields, minor: string): boolean {
  const lists = fields.get('connection') ?? [];
  const wishes = lists.flatMap((list) => list.split(',')).map((wish) => wish.trim().toLowerCase());
  return minor === '0' ? wishes.includes('keep-alive') : !wishes.includes('close');
}

function hasBody(fields: Fields): boolean {
  if (fields.has('transfer-encoding')) return true;
  return (fields.get('content-length') ?? []).some((length) => length !== '0');
}
