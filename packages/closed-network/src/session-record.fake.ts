import type { Session } from '@peerloom/core';

/** What has a session: a peer of a swarm. */
interface HasSession {
  readonly session: Session;
}

/** An alert of the extension. */
export interface RecordedEvent {
  readonly event: string;
  readonly data: unknown;
}

/** How many remotes a session has let in so far. */
export function confirmationsOf({ session }: HasSession): number {
  return session.stats().counters['closed-network.confirmations'] ?? 0;
}

/** How many remotes a session has turned away so far. */
export function failuresOf({ session }: HasSession): number {
  return session.stats().counters['closed-network.failures'] ?? 0;
}

/** Alerts of extensions from now on; the list grows. */
export function eventsOf({ session }: HasSession): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  session.on('plugin', ({ event, data }) => events.push({ event, data }));
  return events;
}

/** Codes of the remotes that a session turns away from now on; the list grows. */
export function refusalsOf({ session }: HasSession): string[] {
  const codes: string[] = [];
  session.on('plugin', ({ event, data }) => {
    if (event === 'refused') codes.push(String((data as { code: unknown }).code));
  });
  return codes;
}

/** Codes with which connections of a session end from now on; the list grows. */
export function endingsOf({ session }: HasSession): string[] {
  const codes: string[] = [];
  session.on('peerDisconnected', ({ reason }) => codes.push(reason.code));
  return codes;
}
