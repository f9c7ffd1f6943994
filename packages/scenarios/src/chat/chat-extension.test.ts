import type { Alert } from '@peerloom/core';
import { encode } from '@peerloom/core/plugin';
import { runSwarm, type SwarmPeer } from '@peerloom/testing';
import { expect, it } from 'vitest';
import { chat, chatKey } from './chat-extension.js';

/** What a peer hears from now on, each as `NAME: TEXT`. */
function hear({ session }: SwarmPeer): readonly string[] {
  const heard: string[] = [];
  session.on('plugin', ({ event, data }: Alert & { type: 'plugin' }) => {
    if (event === 'line') heard.push(`${data.from}: ${data.text}`);
  });
  return heard;
}

const line = (n: number): Uint8Array => encode({ from: 'fake', n, text: `line ${n}` });

it('brings a line to those who are connected, and to those they are connected to, once', async () => {
  await runSwarm({ extensions: (name) => [chat(name)] }, async (swarm) => {
    const ada = await swarm.addSeed({ name: 'ada' });
    const bob = await swarm.addLeech({ name: 'bob', connectTo: [ada] });
    const cyd = await swarm.addLeech({ name: 'cyd', connectTo: [bob] });
    const dan = await swarm.addLeech({ name: 'dan', connectTo: [bob, cyd] });
    const heard = [ada, bob, cyd, dan].map(hear);
    await swarm.advance(5_000);
    ada.torrent.plugin(chatKey)?.say('hello');
    await swarm.advance(5_000);
    dan.torrent.plugin(chatKey)?.say('hello, ada');
    await swarm.advance(5_000);
    const all = ['ada: hello', 'dan: hello, ada'];
    expect(heard).toEqual([all.slice(1), all, all, all.slice(0, 1)]);
  });
});

it('closes the connection of who says what is no line', async () => {
  await runSwarm({ extensions: (name) => [chat(name)] }, async (swarm) => {
    const ada = await swarm.addSeed({ name: 'ada' });
    const heard = hear(ada);
    for (const payload of [encode({ from: 'fake', n: 1 }), encode({ from: 'fake', n: 'one', text: '' })]) {
      const remote = swarm.addFakePeer(ada);
      await remote.greet({ ex_chat: 7 });
      remote.sendExtended('ex_chat', payload);
      await remote.expectClosed();
    }
    expect(heard).toEqual([]);
  });
});

it('hears so many lines a second of one connection, and closes it for more', async () => {
  await runSwarm({ extensions: (name) => [chat(name)] }, async (swarm) => {
    const ada = await swarm.addSeed({ name: 'ada' });
    const heard = hear(ada);
    const remote = swarm.addFakePeer(ada);
    await remote.greet({ ex_chat: 7 });
    for (let n = 0; n < 30; n++) remote.sendExtended('ex_chat', line(n));
    await remote.expectClosed();
    expect(heard).toHaveLength(20);
  });
});

it('does not talk to who does not chat', async () => {
  await runSwarm({ extensions: (name) => [chat(name)] }, async (swarm) => {
    const ada = await swarm.addSeed({ name: 'ada' });
    const remote = swarm.addFakePeer(ada);
    await remote.greet({});
    ada.torrent.plugin(chatKey)?.say('is anybody there?');
    await swarm.advance(2_000);
    expect(ada.session.stats().peerCount).toBe(1);
  });
});
