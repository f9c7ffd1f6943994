import { type Endpoint, endpoint, isPeerloomError, type Session } from '@peerloom/core';
import { CliError } from '../cli-error.js';

/**
 * Listens on the endpoints given. Where none are, on all addresses, IPv4 and IPv6, of one free port; what
 * the machine does not have of these is left out. Resolves with what was bound; rejects with
 * {@link CliError} where an endpoint that was given is not to be had.
 */
export async function listen(session: Session, endpoints: readonly Endpoint[]): Promise<readonly Endpoint[]> {
  if (endpoints.length === 0) return listenAnywhere(session);
  const bound: Endpoint[] = [];
  for (const local of endpoints) {
    try {
      bound.push(await session.listen(local));
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      throw new CliError(error.code, `--listen: ${error.message}`, { cause: error });
    }
  }
  return bound;
}

async function listenAnywhere(session: Session): Promise<readonly Endpoint[]> {
  const ipv4 = await tryListen(session, endpoint('0.0.0.0', 0));
  const ipv6 = await tryListen(session, endpoint('::', ipv4?.port ?? 0));
  return [ipv4, ipv6].filter((bound) => bound !== undefined);
}

async function tryListen(session: Session, local: Endpoint): Promise<Endpoint | undefined> {
  try {
    return await session.listen(local);
  } catch (error) {
    if (isPeerloomError(error)) return undefined;
    throw error;
  }
}
