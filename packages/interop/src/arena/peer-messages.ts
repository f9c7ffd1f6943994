/** Names of messages by their ids (BEP 3, 5, 6 and 10). */
const names: Readonly<Record<number, string>> = {
  0: 'choke',
  1: 'unchoke',
  2: 'interested',
  3: 'notInterested',
  4: 'have',
  5: 'bitfield',
  6: 'request',
  7: 'piece',
  8: 'cancel',
  9: 'port',
  13: 'suggest',
  14: 'haveAll',
  15: 'haveNone',
  16: 'reject',
  17: 'allowedFast',
  20: 'extended',
};

const handshakeLength = 68;

/** A message as it was on the wire. */
export interface PeerMessage {
  /** `extendedHandshake` for the one that BEP 10 begins with. */
  readonly name: string;
  readonly payload: Buffer;
}

/**
 * The messages in all that one side of a connection has said in plain, behind its handshake; keep-alives are none.
 * Throws where it is something else.
 */
export function readPeerMessages(said: Buffer): readonly PeerMessage[] {
  const messages: PeerMessage[] = [];
  for (let at = handshakeLength; at < said.length; ) {
    const length = said.readUInt32BE(at);
    const body = said.subarray(at + 4, at + 4 + length);
    const name = names[body[0] ?? -1];
    if (length > 0 && (name === undefined || body.length < length)) {
      throw new Error(`no message at ${at}: ${said.toString('hex', at, at + 32)}`);
    }
    if (name !== undefined) {
      const isHandshake = name === 'extended' && body[1] === 0;
      messages.push({
        name: isHandshake ? 'extendedHandshake' : name,
        payload: body.subarray(isHandshake ? 2 : 1),
      });
    }
    at += 4 + length;
  }
  return messages;
}
