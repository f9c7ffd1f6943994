export { ClosedNetworkError } from './closed-network-error.js';
export { parseSecret } from './secret.js';
