/** Why a remote did not pass; the remote's doing, never a fault of ours. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError';
  /** Stable, such as `CLOSED_NETWORK_EXPIRED`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
