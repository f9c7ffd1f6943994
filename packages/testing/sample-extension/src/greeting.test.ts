import { createSwarm, runComplianceSuite, runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Greeting, greetingKey } from './greeting.js';

describe('Greeting', () => {
  it('tells both sides of a connection what the other says', async () => {
    await runSwarm({ extensions: (name) => [new Greeting({ text: `I am ${name}` })] }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed] });
      await swarm.runUntilComplete();
      const [address = ''] = seed.host.addresses;
      expect(leech.session.plugin(greetingKey)?.received.get(address)).toBe('I am seed-1');
      expect([...(seed.session.plugin(greetingKey)?.received.values() ?? [])]).toEqual(['I am leech-2']);
    });
  });

  it('says nothing to a peer that does not understand it, and takes no nonsense', async () => {
    const swarm = createSwarm();
    const seed = await swarm.addSeed({ extensions: [new Greeting({ text: 'hello' })] });
    const deaf = swarm.addFakePeer(seed);
    await deaf.greet({ xg_other: 1 });
    await deaf.expectNone('extended', 5000);
    const rude = swarm.addFakePeer(seed);
    await rude.greet({ xg_greeting: 3 });
    expect(new TextDecoder().decode(await rude.expectExtended('xg_greeting'))).toBe('hello');
    rude.sendExtended('xg_greeting', Uint8Array.of(0xff));
    await rude.expectClosed();
    expect(deaf.isClosed).toBe(false);
    await swarm.stop();
  });

  it('refuses a greeting that is too long', () => {
    expect(() => new Greeting({ text: 'x'.repeat(65) })).toThrow(RangeError);
  });
});

runComplianceSuite((role) => new Greeting({ text: `hello from ${role}` }));
