import {
  type Clock,
  type Endpoint,
  endpoint,
  type HostPort,
  isPeerloomError,
  NodeNetwork,
  parseEndpoint,
  parseHostPort,
} from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

/** The value of `--peer`: a name or address, and a port. Throws {@link CliError}. */
export function parsePeer(text: string): HostPort {
  return addressOption('--peer', text, (value) => {
    const peer = parseHostPort(value);
    if (peer.port === 0) throw new CliError('ENDPOINT_PORT', `a peer has no port 0: '${escapeText(value)}'`);
    return peer;
  });
}

/** The value of `--listen`: an address and a port, 0 for any. Throws {@link CliError}. */
export function parseListen(text: string): Endpoint {
  return addressOption('--listen', text, parseEndpoint);
}

function addressOption<T>(option: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!isPeerloomError(error)) throw error;
    throw new CliError(error.code, `${option}: ${error.message}`, { cause: error });
  }
}

/** Every address of every peer. Rejects with {@link CliError} where a name has none. */
export async function resolvePeers(peers: readonly HostPort[], clock: Clock): Promise<readonly Endpoint[]> {
  const network = new NodeNetwork(clock);
  const resolved = await Promise.all(
    peers.map(async ({ host, port }) => {
      try {
        return (await network.resolve(host)).map((address) => endpoint(address, port));
      } catch (error) {
        if (!isPeerloomError(error)) throw error;
        throw new CliError(error.code, `--peer: ${error.message}`, { cause: error });
      }
    }),
  );
  return resolved.flat();
}
