export type {
  Alert,
  AlertFields,
  AlertOf,
  AlertType,
  PluginFaultAction,
  PluginScopeName,
} from '../alerts/alert.js';
export {
  type AlertCategory,
  alertCategories,
  alertCategoryOf,
  alertMask,
  defaultAlertMask,
} from '../alerts/categories.js';
export {
  asBytes,
  asDict,
  asInteger,
  asList,
  asText,
  type BencodeDict,
  type BencodeInput,
  type BencodeLimits,
  type BencodeValue,
  decode,
  decodePrefix,
  encode,
} from '../bencode/bencode.js';
export { Bitfield, type ReadonlyBitfield } from '../common/bitfield.js';
export { type BlockRequest, blockLength } from '../common/block.js';
export { bytesEqual, bytesToHex, concatBytes, hexToBytes } from '../common/bytes.js';
export type { DisconnectOrigin, DisconnectReason } from '../common/disconnect-reason.js';
export {
  addressBytes,
  addressFromBytes,
  addressPrefixKey,
  type Endpoint,
  endpoint,
  formatEndpoint,
  type HostPort,
  isLocalAddress,
  isLoopbackAddress,
  normalizeAddress,
  parseEndpoint,
  parseHostPort,
} from '../common/endpoint.js';
export {
  BencodeError,
  ContextClosedError,
  DuplicateExtensionError,
  EndpointError,
  HoldTooLateError,
  isPeerloomError,
  MagnetError,
  MetainfoError,
  NetworkError,
  PeerloomError,
  type PeerloomErrorOptions,
  PluginError,
  SessionError,
  SettingsError,
  StorageError,
  StreamAuthenticationError,
  UpgradeBoundaryError,
  WireError,
} from '../common/errors.js';
export { InfoHash } from '../common/info-hash.js';
export type { PeerFlags, PeerSource } from '../common/peer-source.js';
export type { TorrentState } from '../common/torrent-state.js';
export type { FileSlice, LayoutFile, TorrentFile, TorrentLayout } from '../metainfo/layout.js';
export { type Magnet, parseMagnet } from '../metainfo/magnet.js';
export { type Metainfo, parseMetainfo } from '../metainfo/metainfo.js';
export type { TorrentInfo } from '../metainfo/torrent-info.js';
export type { Clock, TimerHandle } from '../ports/clock.js';
export type {
  Connection,
  ConnectionHandler,
  DatagramSocket,
  DialOptions,
  Listener,
  Network,
} from '../ports/network.js';
export type { Random, SecureRandom } from '../ports/random.js';
export type { SettingName, Settings } from '../settings/settings-table.js';
export type { ReadonlyReservedBits, ReservedBits } from '../wire/reserved-bits.js';
export type { AddTorrentParams } from './add-torrent-params.js';
export type { DiskBufferHolder } from './disk-buffer-holder.js';
export type { ExtensionHandle, RemoveExtensionOptions } from './extension-handle.js';
export type { HoldOptions, PeerDeadline, PeerHold, ReceiveTransform, SendTransform } from './hold.js';
export {
  type HookKind,
  type HookRow,
  type PeerHookName,
  peerHooks,
  type SessionHookName,
  sessionHooks,
  type TorrentHookName,
  torrentHooks,
} from './hook-tables.js';
export { type PluginIdentity, pluginApiVersion } from './identity.js';
export {
  bencodeCodec,
  defineMessage,
  type MessageChannel,
  type MessageCodec,
  type MessageDefinition,
  type MessageOptions,
  maxExtensionPayloadBytes,
  rawCodec,
} from './message.js';
export type { DisconnectOptions, HandshakeBuilder, PeerContext, PeerStats } from './peer-context.js';
export type { PeerPlugin } from './peer-plugin.js';
export { definePluginKey, type PluginKey } from './plugin-key.js';
export type { RateLimits } from './rate-limits.js';
export type {
  Ban,
  BanOptions,
  BanTarget,
  Counter,
  Disposer,
  PluginUsage,
  SessionContext,
  SessionStats,
  Transport,
  TransportHandle,
} from './session-context.js';
export type { SessionPlugin } from './session-plugin.js';
export type { StandardMessage } from './standard-message.js';
export type {
  BlockSource,
  KnownPeer,
  PauseOptions,
  PeerIdentity,
  PieceHold,
  TorrentContext,
  TorrentPolicy,
  TorrentStats,
} from './torrent-context.js';
export { defineTorrentExtension, type TorrentPlugin, type TorrentPluginFactory } from './torrent-plugin.js';
