import {
  asDict,
  type BencodeDict,
  type BencodeInput,
  bytesEqual,
  concatBytes,
  decode,
  encode,
} from '@peerloom/core/plugin';
import { ClosedNetworkError } from '../closed-network-error.js';
import { type AuthorityKey, isSignedBy, networkIdOf, signatureLength } from './authority-key.js';

/** A kind of dictionary that an authority signs. */
export interface SignedKind<T> {
  /** What it is called in messages. */
  readonly what: string;
  /** Signed together with the dictionary, so that one kind is never taken for another. */
  readonly label: string;
  /** What the dictionary of a value is. */
  write(value: T): Readonly<Record<string, BencodeInput>>;
  /** The value of a dictionary; `undefined` where it is none of the kind. */
  read(dict: BencodeDict): T | undefined;
}

const version = 1;

/** The dictionary of a value, canonically bencoded, and the 64 bytes of the signature behind it. */
export function signDict<T>(kind: SignedKind<T>, value: T, authority: AuthorityKey): Uint8Array {
  const bytes = encodeDict(kind, value, networkIdOf(authority.publicKey));
  return concatBytes(bytes, authority.sign(utf8(kind.label), bytes));
}

/**
 * Reads what {@link signDict} has made; any other encoding of the same content is refused. Throws
 * {@link ClosedNetworkError}: `CLOSED_NETWORK_MALFORMED`, `CLOSED_NETWORK_FOREIGN` where it is of another
 * network, `CLOSED_NETWORK_FORGED` where the authority has not signed it.
 */
export function readSignedDict<T>(kind: SignedKind<T>, signed: Uint8Array, authority: Uint8Array): T {
  const { what, label } = kind;
  const bytes = signed.subarray(0, Math.max(0, signed.length - signatureLength));
  const network = networkIdOf(authority);
  const dict = decodeDict(bytes);
  const found = dict?.network;
  if (found instanceof Uint8Array && found.length === network.length && !bytesEqual(found, network)) {
    throw new ClosedNetworkError('CLOSED_NETWORK_FOREIGN', `the ${what} is of another network`);
  }
  const value = dict && kind.read(dict);
  if (value === undefined || !bytesEqual(encodeDict(kind, value, network), bytes)) {
    throw new ClosedNetworkError('CLOSED_NETWORK_MALFORMED', `the ${what} is malformed`);
  }
  if (!isSignedBy(authority, utf8(label), bytes, signed.subarray(bytes.length))) {
    throw new ClosedNetworkError('CLOSED_NETWORK_FORGED', `the ${what} is not signed by the authority`);
  }
  return value;
}

function encodeDict<T>(kind: SignedKind<T>, value: T, network: Uint8Array): Uint8Array {
  return encode({ ...kind.write(value), v: version, network });
}

function decodeDict(bytes: Uint8Array): BencodeDict | undefined {
  try {
    return asDict(decode(bytes));
  } catch {
    return undefined;
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
