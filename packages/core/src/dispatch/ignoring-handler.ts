import type { ConnectionHandler } from '../ports/network.js';

/** For a connection that nobody listens to: until a handler is set, or while it is being closed. */
export const ignoringHandler: ConnectionHandler = {
  onConnect() {},
  onData() {},
  onDrain() {},
  onEnd() {},
  onClose() {},
};
