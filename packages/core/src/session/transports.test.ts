import { describe, expect, it } from 'vitest';
import { AlertHub } from '../alerts/alert-hub.js';
import { endpoint } from '../common/endpoint.js';
import { NetworkError } from '../common/errors.js';
import { FaultRecorder, fakeScope } from '../dispatch/plugin-scope.fake.js';
import { FakeConnection } from '../ports/connection.fake.js';
import type { Connection, DialOptions, Network } from '../ports/network.js';
import { defaultSettings } from '../settings/settings-table.js';
import { Transports } from './transports.js';

const remote = endpoint('10.0.0.9', 6881);

function unused(): never {
  throw new Error('not part of this test');
}

function setUp() {
  const tcp: DialOptions[] = [];
  const accepted: Connection[] = [];
  const tcpConnection = new FakeConnection(remote);
  const network: Network = {
    dial: (_remote, options) => {
      tcp.push(options);
      return tcpConnection;
    },
    resolve: async (host) => {
      if (host === 'nowhere') throw new NetworkError('NETWORK_RESOLVE', 'no such host');
      return ['10.0.0.3', '10.0.0.4'];
    },
    listen: unused,
    datagram: unused,
  };
  const alerts = new AlertHub();
  const settings = { ...defaultSettings, dialTimeoutMs: 4_321 };
  const transports = new Transports(network, settings, alerts, (connection) => accepted.push(connection));
  return { transports, tcp, tcpConnection, accepted, alerts };
}

describe('transports', () => {
  it('are asked in the order of their registration, TCP last', () => {
    const { transports, tcp, tcpConnection } = setUp();
    const own = new FakeConnection(remote);
    const asked: string[] = [];
    transports.register(fakeScope('a'), {
      name: 'never',
      dial: () => {
        asked.push('never');
        return undefined;
      },
    });
    const second = transports.register(fakeScope('b'), {
      name: 'always',
      dial: (to, { timeoutMs }) => {
        asked.push(`always ${to.port} ${timeoutMs}`);
        return own;
      },
    });
    expect(transports.dial(remote)).toBe(own);
    expect(asked).toEqual(['never', 'always 6881 4321']);
    second.remove();
    expect(transports.dial(remote)).toBe(tcpConnection);
    expect(tcp).toEqual([{ timeoutMs: 4_321 }]);
  });

  it('have names of their own, free again when they are gone', () => {
    const { transports } = setUp();
    const scope = fakeScope('a');
    const dial = (): undefined => undefined;
    transports.register(scope, { name: 'utp', dial });
    const taken = expect.objectContaining({ code: 'PLUGIN_TRANSPORT' });
    expect(() => transports.register(fakeScope('b'), { name: 'utp', dial })).toThrow(taken);
    expect(() => transports.register(fakeScope('b'), { name: 'tcp', dial })).toThrow(taken);
    scope.close();
    expect(() => transports.register(fakeScope('b'), { name: 'utp', dial })).not.toThrow();
  });

  it('hand over what they accept, and nothing once they are removed or their plugin has left', () => {
    const { transports, accepted } = setUp();
    const scope = fakeScope('a');
    const handle = transports.register(scope, { name: 'utp', dial: () => undefined });
    const [first, late] = [new FakeConnection(remote), new FakeConnection(remote)];
    handle.accept(first);
    scope.close();
    handle.accept(late);
    expect(accepted).toEqual([first]);
    expect([first.isDestroyed, late.isDestroyed]).toEqual([false, true]);
  });

  it('that throw are passed over, and it is a fault of the plugin', () => {
    const { transports, tcpConnection } = setUp();
    const faults = new FaultRecorder();
    transports.register(fakeScope('a', { faults }), {
      name: 'utp',
      dial: () => {
        throw new Error('broken');
      },
    });
    expect(transports.dial(remote)).toBe(tcpConnection);
    expect(faults.faults.map(({ hook }) => hook)).toEqual(['transport utp']);
  });
});

describe('host names', () => {
  it('become addresses; what is one already is not asked for', async () => {
    const { transports, alerts } = setUp();
    const types: string[] = [];
    alerts.addSink({ mask: -1, deliver: ({ type }) => void types.push(type) });
    expect(await transports.resolve('example.org')).toEqual(['10.0.0.3', '10.0.0.4']);
    expect(await transports.resolve('2001:DB8::1')).toEqual(['2001:db8::1']);
    expect(await transports.resolve('nowhere')).toEqual([]);
    alerts.flush();
    expect(types).toEqual(['sessionError']);
  });
});
