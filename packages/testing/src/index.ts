/**
 * What an extension is tested with: a virtual clock, a network in memory, scripted peers, swarms in one
 * process, and the compliance suite.
 */
export {
  type RunUntilOptions,
  VirtualClock,
  type VirtualClockOptions,
} from './clock/virtual-clock.js';
export type { ComplianceRole } from './compliance/arena.js';
export {
  type ComplianceOptions,
  type CreateExtension,
  complianceCases,
  runComplianceSuite,
} from './compliance/compliance.js';
export type { ComplianceCase } from './compliance/compliance-case.js';
export type { Extension } from './compliance/instrument.js';
export { type FakeContent, fakeBitfield, type ServeOptions } from './fake-peer/block-server.js';
export type { FakeExtensionHandshake } from './fake-peer/extension-handshake.js';
export {
  type FakeHandshake,
  type FakeMessage,
  type FakeMessageOf,
  type FakeMessageType,
  type FakeReservedBits,
  fakeReservedBytes,
} from './fake-peer/fake-message.js';
export {
  type ExpectOptions,
  type FakeHandshakeKeys,
  FakePeer,
  type FakePeerOptions,
} from './fake-peer/fake-peer.js';
export { FakePeerListener } from './fake-peer/fake-peer-listener.js';
export type { LinkOptions } from './network/link.js';
export type { HostOptions, MemoryHost } from './network/memory-host.js';
export { type Hosts, MemoryNetwork, type MemoryNetworkOptions } from './network/memory-network.js';
export { DeterministicSecureRandom } from './random/deterministic-secure-random.js';
export { FaultyStorage, type StorageOperation } from './storage/faulty-storage.js';
export {
  createSwarm,
  type RunUntilCompleteOptions,
  runSwarm,
  Swarm,
  type SwarmOptions,
  type SwarmPeerOptions,
} from './swarm/swarm.js';
export type { FaultAlert, SwarmPeer } from './swarm/swarm-peer.js';
export { makeTestTorrent, type TestTorrent, type TestTorrentOptions } from './swarm/test-torrent.js';
export { TestingError } from './testing-error.js';
