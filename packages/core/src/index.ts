export type {
  Alert,
  AlertFields,
  AlertOf,
  AlertType,
  PluginFaultAction,
  PluginScopeName,
} from './alerts/alert.js';
export { AlertQueue } from './alerts/alert-queue.js';
export {
  type AlertCategory,
  alertCategories,
  alertCategoryOf,
  alertMask,
  defaultAlertMask,
} from './alerts/categories.js';
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
} from './bencode/bencode.js';
export { Bitfield, type ReadonlyBitfield } from './common/bitfield.js';
export { type BlockRequest, blockLength } from './common/block.js';
export { bytesEqual, bytesToHex, concatBytes, hexToBytes } from './common/bytes.js';
export type { DisconnectOrigin, DisconnectReason } from './common/disconnect-reason.js';
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
} from './common/endpoint.js';
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
} from './common/errors.js';
export { InfoHash } from './common/info-hash.js';
export { type LimitName, type LimitSpec, limits, limitsTable } from './common/limits.js';
export type { PeerFlags, PeerSource } from './common/peer-source.js';
export type { TorrentState } from './common/torrent-state.js';
export { writeFileAtomic } from './disk/atomic-file.js';
export { type CreateTorrentOptions, createTorrent } from './disk/create-torrent-file.js';
export { FileStorage, type FileStorageOptions } from './disk/file-storage.js';
export { MemoryStorage } from './disk/memory-storage.js';
export type { FileSlice, LayoutFile, TorrentFile, TorrentLayout } from './metainfo/layout.js';
export { formatMagnet, type Magnet, parseMagnet } from './metainfo/magnet.js';
export {
  type BuildMetainfoOptions,
  buildMetainfo,
  choosePieceLength,
  type Metainfo,
  parseMetainfo,
} from './metainfo/metainfo.js';
export type { TorrentInfo } from './metainfo/torrent-info.js';
export { NodeNetwork } from './network/node-network.js';
export { SystemClock } from './network/system-clock.js';
export { SeededRandom, SystemSecureRandom } from './network/system-random.js';
export type { AddTorrentParams } from './plugin/add-torrent-params.js';
export type { DiskBufferHolder } from './plugin/disk-buffer-holder.js';
export type { ExtensionHandle, RemoveExtensionOptions } from './plugin/extension-handle.js';
export type { HoldOptions, PeerDeadline, PeerHold, ReceiveTransform, SendTransform } from './plugin/hold.js';
export {
  type HookKind,
  type HookRow,
  type PeerHookName,
  peerHooks,
  type SessionHookName,
  sessionHooks,
  type TorrentHookName,
  torrentHooks,
} from './plugin/hook-tables.js';
export { type PluginIdentity, pluginApiVersion } from './plugin/identity.js';
export {
  bencodeCodec,
  defineMessage,
  type MessageChannel,
  type MessageCodec,
  type MessageDefinition,
  type MessageOptions,
  maxExtensionPayloadBytes,
  rawCodec,
} from './plugin/message.js';
export type { DisconnectOptions, HandshakeBuilder, PeerContext, PeerStats } from './plugin/peer-context.js';
export type { PeerPlugin } from './plugin/peer-plugin.js';
export { definePluginKey, type PluginKey } from './plugin/plugin-key.js';
export type { RateLimits } from './plugin/rate-limits.js';
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
} from './plugin/session-context.js';
export type { SessionPlugin } from './plugin/session-plugin.js';
export type { StandardMessage } from './plugin/standard-message.js';
export type {
  BlockSource,
  KnownPeer,
  PauseOptions,
  PeerIdentity,
  PieceHold,
  TorrentContext,
  TorrentPolicy,
  TorrentStats,
} from './plugin/torrent-context.js';
export {
  defineTorrentExtension,
  type TorrentPlugin,
  type TorrentPluginFactory,
} from './plugin/torrent-plugin.js';
export type { Clock, TimerHandle } from './ports/clock.js';
export type { MetadataStore } from './ports/metadata-store.js';
export type {
  Connection,
  ConnectionHandler,
  DatagramSocket,
  DialOptions,
  Listener,
  Network,
} from './ports/network.js';
export type { Random, SecureRandom } from './ports/random.js';
export type { Resumed, ResumeState, ResumeStore } from './ports/resume-store.js';
export type { SlotIndex, SlotPool } from './ports/slots.js';
export type {
  FileProblem,
  FileStatus,
  Storage,
  StorageFile,
  StorageLayout,
  TorrentStorage,
} from './ports/storage.js';
export { IpFilter } from './session/ip-filter.js';
export { type IpFilterBadLine, type IpFilterList, parseIpFilterList } from './session/ip-filter-list.js';
export type { PeerInfo } from './session/peer-info.js';
export { type AlertsOptions, Session } from './session/session.js';
export type { SessionOptions } from './session/session-options.js';
export { type LoadedSessionState, SessionStateFile } from './session/session-state-file.js';
export { TorrentHandle } from './session/torrent-handle.js';
export type { RemoveTorrentOptions } from './session/torrents.js';
export { remoteLimitSettings } from './settings/remote-limits.js';
export type { SettingSpec } from './settings/setting-spec.js';
export {
  defaultSettings,
  type LiveSettingName,
  type LiveSettings,
  type SettingGroup,
  type SettingName,
  type Settings,
  settingGroups,
  settingsTable,
} from './settings/settings-table.js';
export { validateSettings } from './settings/validate-settings.js';
export type { ReadonlyReservedBits, ReservedBits } from './wire/reserved-bits.js';
