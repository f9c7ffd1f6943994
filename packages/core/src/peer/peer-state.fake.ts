import { endpoint } from '../common/endpoint.js';
import { PeerState } from './peer-state.js';
import { TransferMeters } from './rate-meter.js';

/** State of a connection that is ready, to a remote of that number. */
export function fakePeerState(connectionId = 1): PeerState {
  const state = new PeerState({
    connectionId,
    endpoint: endpoint(`10.0.${connectionId >> 8}.${connectionId & 255}`, 6881),
    listenEndpoint: undefined,
    source: 'manual',
    isOutgoing: true,
    localId: new Uint8Array(20),
    nowMs: 0,
    totals: new TransferMeters(),
  });
  state.phase = 'ready';
  return state;
}
