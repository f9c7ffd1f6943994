/** What the first unchoked peer has to take for a second one to be unchoked, in bytes a second. */
const firstBytesPerSecond = 1024;
/** How much more each further one has to take, in bytes a second. */
const stepBytesPerSecond = 2048;

/**
 * How many peers to unchoke, as the rate based choker of libtorrent has it: one more than take as much as is
 * asked of each, the fastest first. So slots grow in number while there is upload bandwidth to fill them, and
 * are given up where they only divide it. At least one. `uploadRates` are those of the peers that are unchoked,
 * in bytes a second over the last round, in any order.
 */
export function slotsByRate(uploadRates: readonly number[]): number {
  let slots = 0;
  let threshold = firstBytesPerSecond;
  for (const rate of [...uploadRates].sort((a, b) => b - a)) {
    if (rate < threshold) break;
    slots++;
    threshold += stepBytesPerSecond;
  }
  return slots + 1;
}
