import { test } from './arena/arena.js';
import { cellsOf, describeCell } from './transfers/cells.js';
import { engineKinds } from './transfers/engines.js';
import { transfer } from './transfers/transfer.js';

const kind = engineKinds.transmission;

// Transmission looks at whom to be interested in, and whom to unchoke, every ten seconds only: side by side the
// tests wait together.
for (const cell of cellsOf(kind)) {
  test.concurrent(describeCell(cell, kind), ({ arena }) => transfer(arena, kind, cell));
}
