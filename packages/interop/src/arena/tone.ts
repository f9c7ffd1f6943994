const sampleRate = 44_100;
const headerLength = 44;

/** A WAV file: PCM of 16 bits, mono, 44 100 Hz; a tone whose pitch rises, so that no two pieces are the same. */
export function makeTone(seconds: number): Buffer {
  const sampleCount = seconds * sampleRate;
  const dataLength = sampleCount * 2;
  const bytes = Buffer.alloc(headerLength + dataLength);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(dataLength, 40);
  for (let index = 0; index < sampleCount; index++) {
    const atSeconds = index / sampleRate;
    const level = Math.sin(2 * Math.PI * atSeconds * (220 + atSeconds));
    bytes.writeInt16LE(Math.round(level * 8_000), headerLength + index * 2);
  }
  return bytes;
}
