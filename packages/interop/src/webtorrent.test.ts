import { test } from './arena/arena.js';
import { cellsOf, describeCell } from './transfers/cells.js';
import { engineKinds } from './transfers/engines.js';
import { transfer } from './transfers/transfer.js';

const kind = engineKinds.webtorrent;

for (const cell of cellsOf(kind)) {
  test.concurrent(describeCell(cell, kind), ({ arena }) => transfer(arena, kind, cell));
}
