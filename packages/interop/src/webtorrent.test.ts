import { expect } from 'vitest';
import { test } from './arena/arena.js';
import { cellsOf, describeCell } from './transfers/cells.js';
import { engineKinds } from './transfers/engines.js';
import { transfer } from './transfers/transfer.js';

const kind = engineKinds.webtorrent;

for (const cell of cellsOf(kind)) {
  test.concurrent(describeCell(cell, kind), ({ arena }) => transfer(arena, kind, cell));
}

test('refuses the encrypted handshake (MSE) of a webtorrent with its own settings, and downloads by dialling it', async ({
  arena,
}) => {
  const payload = await arena.payload('odd');
  const leech = arena.peerloom();
  const address = await leech.session.listen('127.0.0.1:0');
  await leech.add(payload.metainfo);
  const seed = arena.webtorrent({ secure: 1 });
  await seed.add(payload.torrentPath, payload.folder);
  const blocked = leech.alert('peerBlocked');
  await seed.connect(address);
  expect((await blocked).code).toBe('WIRE_HANDSHAKE');
  // It dials again in the same way only. Who dials it may do so in plain.
  leech.connect(await seed.listening());
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
});
