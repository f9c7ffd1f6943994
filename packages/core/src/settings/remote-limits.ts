import type { SettingName } from './settings-table.js';

/** The settings that bound what a remote can make a session do. What happens past each is in its `doc`. */
export const remoteLimitSettings = [
  'maxConnections',
  'maxConnectionsPerTorrent',
  'allowMultipleConnectionsPerIp',
  'maxPendingIncoming',
  'maxPendingIncomingPerPrefix',
  'handshakeTimeoutMs',
  'inactivityTimeoutMs',
  'requestTimeoutMs',
  'maxPeersPerTorrent',
  'maxOutstandingRequests',
  'maxIncomingRequests',
  'maxRequestLengthBytes',
  'maxInvalidRequests',
  'maxWireMessageBytes',
  'maxExtensionHandshakeBytes',
  'maxUnknownMessagesPerMinute',
  'maxMetadataBytes',
] as const satisfies readonly SettingName[];
