import { ClosedNetworkError } from './closed-network-error.js';

/** Options of a closed network: what stands in the files, not where they are. */
export interface ClosedNetworkOptions {
  /** Text of the secret that all members share: hexadecimal or base64 of at least 32 random bytes. */
  readonly secret?: string;
  /** Text of a member's key file, as an authority has issued it. */
  readonly member?: string;
  /** Text of the authority's revocation list. */
  readonly revoked?: string;
  /**
   * `required`, the default: what follows the authentication is encrypted. `none`: it is not, which is for wires
   * that are trusted. Both sides must say the same.
   */
  readonly encryption?: 'required' | 'none';
}

const names: readonly string[] = ['secret', 'member', 'revoked', 'encryption'];

/** Options from texts by name. Throws {@link ClosedNetworkError} `CLOSED_NETWORK_OPTION`. */
export function readOptions(texts: Readonly<Record<string, string>>): ClosedNetworkOptions {
  const unknown = Object.keys(texts).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const message = `there is no option '${unknown}'; there are ${names.join(', ')}`;
    throw new ClosedNetworkError('CLOSED_NETWORK_OPTION', message);
  }
  const { secret, member, revoked, encryption } = texts;
  if (encryption !== undefined && encryption !== 'required' && encryption !== 'none') {
    throw new ClosedNetworkError('CLOSED_NETWORK_OPTION', "encryption is 'required' or 'none'");
  }
  return {
    ...(secret !== undefined && { secret }),
    ...(member !== undefined && { member }),
    ...(revoked !== undefined && { revoked }),
    ...(encryption !== undefined && { encryption }),
  };
}
