import { asDict, asInteger, type BencodeDict, decodePrefix } from '@peerloom/core/plugin';

/** What a remote says in an extension handshake (BEP 10). */
export interface FakeExtensionHandshake {
  /** Its ids of messages by name. */
  readonly m: Readonly<Record<string, number>>;
  /** All of it. */
  readonly dict: BencodeDict;
  /** The bencoded dictionary. */
  readonly payload: Uint8Array;
}

/** Reads an extension handshake; what is malformed in it is left out. */
export function parseExtensionHandshake(payload: Uint8Array): FakeExtensionHandshake {
  const dict = asDict(decodePrefix(payload).value) ?? {};
  const entries = Object.entries(asDict(dict.m) ?? {});
  const m = Object.fromEntries(
    entries.flatMap(([name, id]) => {
      const number = asInteger(id);
      return number === undefined ? [] : [[name, number]];
    }),
  );
  return { m, dict, payload };
}
