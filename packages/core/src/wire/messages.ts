/**
 * Ids of the peer wire messages: BEP 3 (0–8), BEP 5 (9), BEP 6 (13–17), BEP 10 (20). What BEP 54 adds
 * is an extension message, see {@link dontHaveName}.
 */
export const MessageId = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
} as const;

/** Name under which BEP 54's message is agreed on in the extension handshake. */
export const dontHaveName = 'lt_donthave';
