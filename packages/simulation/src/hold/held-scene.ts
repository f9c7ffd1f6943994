import type { FakePeer } from '@peerloom/testing';
import { Arena, type ArenaOptions, type RemoteOptions } from '../fixtures/arena.js';
import { Holder, type HolderOptions } from '../fixtures/holder.js';
import { Recorder } from '../fixtures/recorder.js';

/** What the fake peer calls the holder's message. */
export const channelId = 11;

/** A held connection from all sides. */
export interface HeldScene {
  readonly arena: Arena;
  readonly holder: Holder;
  readonly other: Recorder;
  readonly remote: FakePeer;
}

/** A connection that one plugin holds; another one implements every hook. */
export async function held(
  options: HolderOptions = {},
  arenaOptions: ArenaOptions = {},
  remoteOptions: RemoteOptions = {},
): Promise<HeldScene> {
  const holder = new Holder('auth', options);
  const other = new Recorder('other', { order: 'post' });
  const arena = await Arena.create({
    subject: 'half',
    ...arenaOptions,
    plugins: [holder.plugin, other.plugin],
  });
  const remote = await arena.open({ m: { x_auth: channelId }, ...remoteOptions });
  return { arena, holder, other, remote };
}

/** What a remote has got, in order. */
export function got(remote: FakePeer): string[] {
  return remote.received.map((message) =>
    message.type === 'extended' ? `extended ${message.id}` : message.type,
  );
}
