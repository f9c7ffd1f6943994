import { describe, expect, it } from 'vitest';
import { type PeerWorth, worstPeers } from './worst-peers.js';

interface Peer extends PeerWorth {
  readonly name: string;
}

function peer(name: string, worth: Partial<PeerWorth> & { down?: number; up?: number } = {}): Peer {
  const { down = 0, up = 0, ...rest } = worth;
  return {
    name,
    connectedAtMs: 0,
    isReady: true,
    isInterested: false,
    weAreInterested: true,
    downloaded: { rate: down, total: down },
    uploaded: { rate: up, total: up },
    ...rest,
  };
}

function worst(peers: readonly Peer[], count: number, isSeeding = false, sparesYoung = true): string {
  const chosen = worstPeers(peers, (worth) => worth, { count, isSeeding, nowMs: 60_000, sparesYoung });
  return chosen.map(({ name }) => name).join(' ');
}

describe('the connections that are worth least', () => {
  it('are those where nobody wants anything, then the slowest', () => {
    const peers = [
      peer('fast', { down: 900 }),
      peer('idle', { weAreInterested: false }),
      peer('slow', { down: 10 }),
      peer('served', { weAreInterested: false, isInterested: true }),
    ];
    expect(worst(peers, 9)).toBe('idle served slow fast');
    expect(worst(peers, 2)).toBe('idle served');
  });

  it('are judged by what they take where we seed', () => {
    const peers = [
      peer('takes', { isInterested: true, up: 500 }),
      peer('gave', { isInterested: true, down: 500 }),
    ];
    expect(worst(peers, 1, true)).toBe('gave');
    expect(worst(peers, 1, false)).toBe('takes');
  });

  it('are told apart by what has passed in all, then the oldest goes', () => {
    const peers = [
      peer('new', { connectedAtMs: -5 }),
      peer('old', { connectedAtMs: -9 }),
      peer('gave once', { downloaded: { rate: 0, total: 16_384 } }),
    ];
    expect(worst(peers, 3)).toBe('old new gave once');
  });

  it('are none that is younger than a minute, or not open yet', () => {
    expect(worst([peer('young', { connectedAtMs: 1 }), peer('minute')], 2)).toBe('minute');
    expect(worst([peer('opening', { isReady: false })], 1)).toBe('');
  });

  it('are young ones last where these are not spared', () => {
    const peers = [
      peer('young', { connectedAtMs: 1, down: 5 }),
      peer('slow', { connectedAtMs: 2 }),
      peer('old'),
    ];
    expect(worst(peers, 3, false, false)).toBe('old slow young');
  });
});
