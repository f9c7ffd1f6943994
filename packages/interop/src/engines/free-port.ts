import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to those who ask for any port, so that nobody is given one before its engine takes it. */
const firstPort = 20_000;
const lastPort = 32_000;

let lastTried = randomInt(firstPort, lastPort);

/**
 * A TCP port that nothing listened on a moment ago, of either family, for engines that can't be told to take any. None
 * is handed out twice.
 */
export async function findFreePort(): Promise<number> {
  for (let count = lastPort - firstPort; count > 0; count--) {
    lastTried = lastTried < lastPort ? lastTried + 1 : firstPort;
    const port = lastTried;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${firstPort} to ${lastPort} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port);
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
