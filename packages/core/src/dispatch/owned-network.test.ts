import { describe, expect, it } from 'vitest';
import { type Endpoint, endpoint } from '../common/endpoint.js';
import { FakeConnection } from '../ports/connection.fake.js';
import type { Connection, ConnectionHandler, DatagramSocket, Listener, Network } from '../ports/network.js';
import { OwnedNetwork } from './owned-network.js';
import { FaultRecorder, fakeScope } from './plugin-scope.fake.js';

const local = endpoint('10.0.0.1', 1);

/** A network that a test plays the remote of. */
class FakeNetwork implements Network {
  readonly dialled: FakeConnection[] = [];
  readonly closed: string[] = [];
  onConnection: ((connection: Connection) => void) | undefined;
  onMessage: ((data: Uint8Array, from: Endpoint) => void) | undefined;

  dial(remote: Endpoint): Connection {
    const connection = new FakeConnection(remote);
    this.dialled.push(connection);
    return connection;
  }

  async listen(at: Endpoint, onConnection: (connection: Connection) => void): Promise<Listener> {
    this.onConnection = onConnection;
    return { local: at, close: async () => void this.closed.push('listener') };
  }

  async datagram(
    at: Endpoint,
    onMessage: (data: Uint8Array, from: Endpoint) => void,
  ): Promise<DatagramSocket> {
    this.onMessage = onMessage;
    return { local: at, send: () => {}, close: () => void this.closed.push('datagram') };
  }

  async resolve(host: string): Promise<readonly string[]> {
    return [`10.0.0.${host.length}`];
  }
}

function setUp() {
  const inner = new FakeNetwork();
  const faults = new FaultRecorder();
  const scope = fakeScope('a', { faults });
  return { inner, faults, scope, network: new OwnedNetwork(inner, scope) };
}

function recorder(): ConnectionHandler & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    onConnect: () => void calls.push('connect'),
    onData: (chunk) => void calls.push(`data ${chunk.length}`),
    onDrain: () => void calls.push('drain'),
    onEnd: () => void calls.push('end'),
    onClose: () => void calls.push('close'),
  };
}

describe("a plugin's network", () => {
  it('tells its handlers, and takes what they throw for a fault', () => {
    const { inner, faults, network } = setUp();
    const connection = network.dial(local, { timeoutMs: 1 });
    const handler = recorder();
    connection.setHandler(handler);
    const outer = inner.dialled[0]?.handler;
    outer?.onConnect();
    outer?.onData(new Uint8Array(3));
    outer?.onDrain();
    outer?.onEnd();
    outer?.onClose(undefined);
    expect(handler.calls).toEqual(['connect', 'data 3', 'drain', 'end', 'close']);
    handler.onData = () => {
      throw new Error('broken');
    };
    outer?.onData(new Uint8Array(1));
    connection.write([new Uint8Array(1)], () => {
      throw new Error('broken');
    });
    inner.dialled[0]?.written();
    expect(faults.faults.map(({ hook }) => hook)).toEqual(['network data', 'network write']);
  });

  it('closes connections, listeners and sockets that are open when the plugin leaves', async () => {
    const { inner, scope, network } = setUp();
    network.dial(local, { timeoutMs: 1 });
    await network.listen(local, () => {});
    await network.datagram(local, () => {});
    const accepted = new FakeConnection();
    inner.onConnection?.(accepted);
    const gone = network.dial(local, { timeoutMs: 1 });
    inner.dialled[1]?.handler?.onClose(undefined);
    scope.close();
    expect([inner.dialled[0]?.isDestroyed, accepted.isDestroyed]).toEqual([true, true]);
    expect(inner.dialled[1]?.isDestroyed).toBe(false);
    expect(inner.closed.sort()).toEqual(['datagram', 'listener']);
    expect(gone.transport).toBe('memory');
  });

  it('says nothing to a plugin that has left', () => {
    const { inner, scope, network } = setUp();
    const connection = network.dial(local, { timeoutMs: 1 });
    const handler = recorder();
    connection.setHandler(handler);
    scope.close();
    inner.dialled[0]?.handler?.onData(new Uint8Array(3));
    inner.dialled[0]?.handler?.onClose(undefined);
    expect(handler.calls).toEqual([]);
  });

  it('does not close twice what the plugin closed', async () => {
    const { inner, scope, network } = setUp();
    const listener = await network.listen(local, () => {});
    const socket = await network.datagram(local, () => {});
    await listener.close();
    socket.close();
    scope.close();
    expect(inner.closed).toEqual(['listener', 'datagram']);
  });

  it('opens nothing for a plugin that has left', async () => {
    const { scope, network } = setUp();
    expect(await network.resolve('abc')).toEqual(['10.0.0.3']);
    scope.close();
    const closed = { code: 'PLUGIN_CONTEXT_CLOSED' };
    expect(() => network.dial(local, { timeoutMs: 1 })).toThrow(expect.objectContaining(closed));
    await expect(network.listen(local, () => {})).rejects.toMatchObject(closed);
    await expect(network.datagram(local, () => {})).rejects.toMatchObject(closed);
    await expect(network.resolve('abc')).rejects.toMatchObject(closed);
  });

  it('closes a listener at once that is bound after the plugin left', async () => {
    const { inner, scope, network } = setUp();
    const binding = network.listen(local, () => {});
    scope.close();
    await binding;
    expect(inner.closed).toEqual(['listener']);
  });
});
