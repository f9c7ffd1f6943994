/** Any message of the standard protocol (BEP 3, 6, 10), as given to `peer.send`. */
export type StandardMessage =
  | {
      readonly type:
        | 'keepAlive'
        | 'choke'
        | 'unchoke'
        | 'interested'
        | 'notInterested'
        | 'haveAll'
        | 'haveNone';
    }
  | { readonly type: 'have' | 'dontHave' | 'suggest' | 'allowedFast'; readonly piece: number }
  | { readonly type: 'bitfield' /** Wire layout, exact length. */; readonly bits: Uint8Array }
  | {
      readonly type: 'request' | 'cancel' | 'reject';
      readonly piece: number;
      readonly begin: number;
      readonly length: number;
    }
  | {
      readonly type: 'piece';
      readonly piece: number;
      readonly begin: number;
      /** Copied. */
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'port'; readonly port: number }
  | {
      readonly type: 'extended';
      /** The remote's id for the message. */
      readonly id: number;
      /** Copied. */
      readonly payload: Uint8Array;
    };
