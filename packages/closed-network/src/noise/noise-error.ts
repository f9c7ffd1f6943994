/** What came is not what the other side of a Noise handshake or channel would have sent. */
export class NoiseError extends Error {
  override readonly name = 'NoiseError';
}
