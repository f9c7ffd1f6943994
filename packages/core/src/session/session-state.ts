import {
  asDict,
  asInteger,
  type BencodeDict,
  type BencodeInput,
  type BencodeValue,
  decode,
  encode,
} from '../bencode/bencode.js';
import { SessionError } from '../common/errors.js';

const stateVersion = 1;

/** A session's saved state: bans, and a value a plugin name. */
export interface SessionState {
  readonly bans: BencodeValue | undefined;
  readonly plugins: Map<string, BencodeValue>;
}

/** Encodes a state. Values of plugins have been checked to be encodable. */
export function encodeSessionState(
  bans: BencodeInput,
  plugins: ReadonlyMap<string, BencodeValue>,
): Uint8Array {
  return encode({ version: stateVersion, bans, plugins: Object.fromEntries(plugins) as BencodeInput });
}

/** Decodes a state. Throws `SESSION_STATE` where it is damaged or of another version. */
export function decodeSessionState(bytes: Uint8Array): SessionState {
  let dict: BencodeDict | undefined;
  try {
    dict = asDict(decode(bytes));
  } catch (error) {
    throw new SessionError('SESSION_STATE', 'the saved session state is damaged', { cause: error });
  }
  const version = asInteger(dict?.version);
  if (dict === undefined || version !== stateVersion) {
    throw new SessionError('SESSION_STATE', `the saved session state has version ${String(version)}`);
  }
  return { bans: dict.bans, plugins: new Map(Object.entries(asDict(dict.plugins) ?? {})) };
}
