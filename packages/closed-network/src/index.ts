export type { ClosedNetworkPeer } from './authentication/guard.js';
export {
  createAuthority,
  describeFile,
  type FileDescription,
  type IssueOptions,
  issueMember,
  revokeMembers,
} from './certificates/authority.js';
export { type Certificate, type Permission, permissions, principalOf } from './certificates/certificate.js';
export type { RevocationList } from './certificates/revocation-list.js';
export {
  ClosedNetwork,
  closedNetworkPeerKey,
  default,
} from './closed-network.js';
export { ClosedNetworkError } from './closed-network-error.js';
export type { ClosedNetworkOptions } from './closed-network-options.js';

/** Options whose files nobody else may be able to read; the command refuses those. */
export const secretOptions: readonly string[] = ['secret', 'member'];
