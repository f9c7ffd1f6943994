import { describe, expect, it } from 'vitest';
import type { Alert } from '../alerts/alert.js';
import { AlertHub } from '../alerts/alert-hub.js';
import { endpoint } from '../common/endpoint.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { SessionBans } from './session-bans.js';

const remote = endpoint('10.0.0.9', 6881);

function setUp() {
  const clock = new ManualClock();
  const hub = new AlertHub();
  const alerts: Alert[] = [];
  hub.addSink({ mask: -1, deliver: (alert) => void alerts.push(alert) });
  const bans = new SessionBans(clock, hub, () => []);
  const types = (): string[] => {
    hub.flush();
    return alerts.map(({ type }) => type);
  };
  return { clock, bans, alerts, types };
}

describe('bans of a session', () => {
  it('refuse what they name, with the reason, and say so', () => {
    const { bans, alerts, types } = setUp();
    bans.add({ endpoint: remote }, { reason: 'sent poison', durationMs: 5_000 }, 'smart');
    expect(bans.refusal({ endpoint: remote })).toEqual({
      origin: 'policy',
      code: 'PEER_BANNED',
      message: 'banned: sent poison',
    });
    expect(bans.refusal({ endpoint: endpoint('10.0.0.8', 6881) })).toBeUndefined();
    expect(bans.refusal({ principal: 'alice' })).toBeUndefined();
    bans.add({ principal: 'alice' }, { reason: 'left' }, undefined);
    expect(bans.refusal({ principal: 'alice' })?.code).toBe('PEER_BANNED');
    expect(types()).toEqual(['peerBanned', 'peerBanned']);
    expect(alerts[0]).toMatchObject({ endpoint: remote, plugin: 'smart', durationMs: 5_000 });
    expect(alerts[1]).toMatchObject({ principal: 'alice', plugin: undefined, durationMs: -1 });
  });

  it('are over when they are lifted, or when their time is up, and say so once', () => {
    const { clock, bans, types } = setUp();
    bans.add({ endpoint: remote }, { reason: 'r', durationMs: 5_000 }, undefined);
    bans.add({ principal: 'alice' }, { reason: 'r' }, undefined);
    expect(bans.remove({ principal: 'alice' })).toBe(true);
    expect(bans.remove({ principal: 'alice' })).toBe(false);
    clock.advance(4_999);
    bans.tick();
    expect(bans.list()).toHaveLength(1);
    clock.advance(1);
    bans.tick();
    bans.tick();
    expect(bans.list()).toEqual([]);
    expect(bans.refusal({ endpoint: remote })).toBeUndefined();
    expect(types()).toEqual(['peerBanned', 'peerBanned', 'peerUnbanned', 'peerUnbanned']);
  });
});
