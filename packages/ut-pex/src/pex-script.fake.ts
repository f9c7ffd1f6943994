import { type Endpoint, endpoint, formatEndpoint } from '@peerloom/core/plugin';
import { type FakeHandshakeKeys, FakePeer, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { type PexUpdate, pexMessage } from './pex-message.js';

const messageName = 'ut_pex';
const messageId = 7;

/** What one message says, as text. */
export interface ToldUpdate {
  readonly atMs: number;
  readonly added: readonly string[];
  readonly dropped: readonly string[];
}

/** A scripted peer that speaks the message, from a host of its own. */
export class PexScript {
  readonly fake: FakePeer;
  /** Messages that it got. */
  readonly told: ToldUpdate[] = [];
  /** What they said of each contact's flags. */
  readonly flags = new Map<string, object>();

  private constructor(fake: FakePeer, swarm: Swarm) {
    this.fake = fake;
    fake.observe((message) => {
      if (message.type !== 'extended' || message.id !== messageId) return;
      const update = pexMessage.codec.decode(message.payload);
      if (update.type === 'malformed') throw new Error(update.problem);
      for (const contact of update.added) this.flags.set(formatEndpoint(contact.endpoint), contact.flags);
      this.told.push({
        atMs: swarm.clock.now(),
        added: update.added.map((contact) => formatEndpoint(contact.endpoint)),
        dropped: update.dropped.map(formatEndpoint),
      });
    });
  }

  /** Connects to `target`, from `address`, and says in its extension handshake what is given. */
  static async connect(
    swarm: Swarm,
    target: SwarmPeer,
    address: string,
    extra: FakeHandshakeKeys = {},
    m: Readonly<Record<string, number>> = {},
  ): Promise<PexScript> {
    const network = swarm.host(address);
    const isIPv6 = address.includes(':');
    const remote = target.session.listenEndpoints.find(({ family }) => (family === 6) === isIPv6);
    const fake = FakePeer.dial(remote ?? target.endpoint, {
      clock: swarm.clock,
      infoHash: swarm.content.infoHash,
      network,
    });
    const script = new PexScript(fake, swarm);
    await fake.greet({ [messageName]: messageId, ...m }, extra);
    return script;
  }

  /** Says who has come and gone. */
  tell(update: Partial<PexUpdate>): void {
    this.tellRaw(pexMessage.codec.encode({ type: 'update', added: [], dropped: [], ...update }));
  }

  /** Says that these have come. */
  tellAdded(...endpoints: readonly Endpoint[]): void {
    this.tell({ added: endpoints.map((contact) => ({ endpoint: contact, flags: {} })) });
  }

  /** Says these bytes. */
  tellRaw(payload: Uint8Array): void {
    this.fake.sendExtended(messageName, payload);
  }

  /** Whether the other side takes the message. */
  get isTaken(): boolean {
    return (this.fake.remoteIds[messageName] ?? 0) !== 0;
  }
}

/** An endpoint of a documentation network, far away. */
export function far(number: number, port = 6881): Endpoint {
  return endpoint(`198.51.100.${number}`, port);
}
