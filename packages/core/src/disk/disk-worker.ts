import { parentPort, workerData } from 'node:worker_threads';
import { DiskJobRunner } from './disk-job.js';
import type { WorkerMessage, WorkerReply, WorkerRequest, WorkerSettings } from './disk-protocol.js';
import { toPortable } from './storage-failure.js';

/** Answers to jobs of this much data travel together, so that tiny pieces cost few messages. */
const replyBatchBytes = 256 * 1024;

const port = parentPort;
if (port === null) throw new Error('the disk worker only runs as a worker thread');

const { maxOpenFiles }: WorkerSettings = workerData;
const runner = new DiskJobRunner(maxOpenFiles);

function answer({ id, torrentId, torrent, job }: WorkerRequest): WorkerReply {
  try {
    if (torrent !== undefined) runner.open(torrent);
    return { id, result: runner.run(torrentId, job) };
  } catch (error) {
    return { id, failure: toPortable(error) };
  }
}

function post(message: WorkerMessage): void {
  port?.postMessage(message);
}

port.on('message', (requests: readonly WorkerRequest[]) => {
  let replies: WorkerReply[] = [];
  let bytes = 0;
  for (const request of requests) {
    replies.push(answer(request));
    bytes += request.costBytes;
    if (bytes < replyBatchBytes) continue;
    post(replies);
    replies = [];
    bytes = 0;
  }
  runner.endTurn();
  if (replies.length > 0) post(replies);
});

post('ready');
