import { TrackerClient } from './client/tracker-client.js';

export { TrackerClient } from './client/tracker-client.js';
export { TrackerError } from './client/tracker-error.js';
export {
  type ScrapeResult,
  type TorrentTrackers,
  type TrackerStatus,
  trackerKey,
} from './client/tracker-status.js';

/** Makes the extension for the command line, where it has no options. Throws {@link RangeError} for any. */
export default function fromCommandLine(options: Readonly<Record<string, string>>): TrackerClient {
  const [name] = Object.keys(options);
  if (name !== undefined) throw new RangeError(`there is no option '${name}'`);
  return new TrackerClient();
}
