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

/** What {@link lookUpPeers} tells. */
export interface PeerLookup {
  /** One of the addresses of a peer. */
  found(remote: Endpoint): void;
  /** A name has no address, others have, or may have. */
  failed(error: CliError): void;
}

/**
 * Looks up the addresses of peers, each by itself. Resolves when all are looked up: where none of them has an
 * address, with why the last one has none. `where`, for messages: what names them.
 */
export async function lookUpPeers(
  peers: readonly HostPort[],
  clock: Clock,
  lookup: PeerLookup,
  where = '--peer',
): Promise<CliError | undefined> {
  const network = new NodeNetwork(clock);
  const problems: CliError[] = [];
  const tellProblems = (): void => {
    for (const problem of problems.splice(0)) lookup.failed(problem);
  };
  let isAnyFound = false;
  const lookUp = async ({ host, port }: HostPort): Promise<void> => {
    try {
      for (const address of await network.resolve(host)) lookup.found(endpoint(address, port));
      isAnyFound = true;
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      problems.push(new CliError(error.code, `${where}: ${error.message}`, { cause: error }));
    }
    if (isAnyFound) tellProblems();
  };
  await Promise.all(peers.map(lookUp));
  const last = problems.pop();
  tellProblems();
  return last;
}
