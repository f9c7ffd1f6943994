import {
  asBytes,
  asDict,
  type BencodeDict,
  type BencodeValue,
  decode,
  defineMessage,
  type Endpoint,
  encode,
  isPeerloomError,
  type MessageDefinition,
} from '@peerloom/core/plugin';
import {
  decodeEndpoints,
  decodeFlags,
  encodeEndpoints,
  encodeFlags,
  type PexContact,
} from './compact-contacts.js';

/** Who has come and who has gone. */
export interface PexUpdate {
  readonly added: readonly PexContact[];
  readonly dropped: readonly Endpoint[];
}

/** What a message holds, or what is wrong with it. */
export type PexMessage =
  | ({ readonly type: 'update' } & PexUpdate)
  | { readonly type: 'malformed'; readonly problem: string };

/** Several times what a message that keeps to BEP 11 has; others send more, and mean no harm. */
const maxMessageBytes = 64 * 1024;
/** Six strings are all that is looked at. */
const bencodeLimits = { maxDepth: 8, maxTokens: 64 };

/** What is wrong with a field; never leaves this file. */
class FieldError extends Error {}

function encodeMessage(message: PexMessage): Uint8Array {
  if (message.type === 'malformed') throw new TypeError('a malformed message cannot be sent');
  const { added, dropped } = message;
  const dict: Record<string, Uint8Array> = {};
  for (const family of [4, 6] as const) {
    const suffix = family === 4 ? '' : '6';
    const contacts = added.filter(({ endpoint }) => endpoint.family === family);
    const gone = dropped.filter((endpoint) => endpoint.family === family);
    const endpoints = contacts.map(({ endpoint }) => endpoint);
    if (contacts.length > 0) {
      dict[`added${suffix}`] = encodeEndpoints(endpoints, family);
      dict[`added${suffix}.f`] = encodeFlags(contacts);
    }
    if (gone.length > 0) dict[`dropped${suffix}`] = encodeEndpoints(gone, family);
  }
  return encode(dict);
}

/** Never throws for what a remote sends: that has to be counted, and is no reason to disconnect at once. */
function decodeMessage(payload: Uint8Array): PexMessage {
  try {
    return { type: 'update', ...readUpdate(payload) };
  } catch (error) {
    if (!(error instanceof FieldError) && !isPeerloomError(error)) throw error;
    return { type: 'malformed', problem: error.message };
  }
}

function readUpdate(payload: Uint8Array): PexUpdate {
  const dict = asDict(decode(payload, bencodeLimits));
  if (dict === undefined) throw new FieldError('not a dictionary');
  return {
    added: [...addedOf(dict, 'added', 4), ...addedOf(dict, 'added6', 6)],
    dropped: [...endpointsAt(dict, 'dropped', 4), ...endpointsAt(dict, 'dropped6', 6)],
  };
}

function addedOf(dict: BencodeDict, key: string, family: 4 | 6): PexContact[] {
  const endpoints = endpointsAt(dict, key, family);
  const flags = bytesAt(dict, `${key}.f`);
  if (flags !== undefined && flags.length !== endpoints.length) {
    throw new FieldError(`'${key}.f' has ${flags.length} flags for ${endpoints.length} contacts`);
  }
  return endpoints.map((endpoint, i) => ({ endpoint, flags: decodeFlags(flags?.[i] ?? 0) }));
}

function endpointsAt(dict: BencodeDict, key: string, family: 4 | 6): Endpoint[] {
  const bytes = bytesAt(dict, key) ?? new Uint8Array(0);
  const endpoints = decodeEndpoints(bytes, family);
  if (endpoints === undefined) throw new FieldError(`'${key}' has ${bytes.length} bytes`);
  return endpoints;
}

function bytesAt(dict: BencodeDict, key: string): Uint8Array | undefined {
  const value: BencodeValue | undefined = dict[key];
  if (value === undefined) return undefined;
  const bytes = asBytes(value);
  if (bytes === undefined) throw new FieldError(`'${key}' is no string`);
  return bytes;
}

/** The message `ut_pex`. */
export const pexMessage: MessageDefinition<PexMessage> = defineMessage<PexMessage>()(
  'ut_pex',
  { encode: encodeMessage, decode: decodeMessage },
  { maxBytes: maxMessageBytes },
);
