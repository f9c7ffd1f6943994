import { endpoint, isPeerloomError, NodeNetwork, SystemClock } from '@peerloom/core';

/**
 * Addresses of this machine for the sessions of one swarm, each for one of them: 127.0.0.1, 127.0.0.2 and so on.
 * Where the system has 127.0.0.1 alone, as macOS has, all get that one. Rejects with `NETWORK_…`.
 */
export async function loopbackAddresses(): Promise<() => string> {
  const network = new NodeNetwork(new SystemClock());
  let isMany = true;
  try {
    const listener = await network.listen(endpoint('127.0.0.2', 0), (connection) => connection.destroy());
    await listener.close();
  } catch (error) {
    if (!isPeerloomError(error)) throw error;
    isMany = false;
  }
  let count = 0;
  return () => `127.0.0.${isMany ? ++count : 1}`;
}
