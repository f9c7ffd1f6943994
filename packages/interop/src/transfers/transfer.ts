import { endpoint } from '@peerloom/core';
import { expect } from 'vitest';
import type { Arena } from '../arena/arena.js';
import type { Peerloom } from '../arena/peerloom.js';
import { type Engine, loopback } from '../engines/engine.js';
import type { Cell } from './cells.js';
import type { EngineKind, Part } from './engines.js';

interface Meeting {
  readonly kind: EngineKind;
  readonly cell: Cell;
  readonly part: Part;
}

/** Starts the engine, and has one side dial the other. */
async function meet(arena: Arena, peerloom: Peerloom, { kind, cell, part }: Meeting): Promise<Engine> {
  const { dialler, family, fast } = cell;
  const own = { ...part, fast: fast !== 'only Peerloom' };
  if (dialler === 'engine') {
    const dials = await peerloom.session.listen(endpoint(loopback[family], 0));
    return kind.start(arena, { ...own, dials });
  }
  const engine = await kind.start(arena, own);
  peerloom.connect(await engine.listening(family));
  return engine;
}

/** Checks that the data went over a connection that came about as the cell says. */
function expectWay({ connections }: Peerloom, { dialler, family, fast }: Cell): void {
  const used = connections.filter(({ stats }) => stats.downloadedBytes + stats.uploadedBytes > 0);
  expect(used.map(({ isOutgoing }) => isOutgoing)).toEqual([dialler === 'Peerloom']);
  expect(used.map((peer) => peer.endpoint.family)).toEqual([family]);
  expect(used.map(({ localReserved }) => localReserved?.fast)).toEqual([fast !== 'only the engine']);
  expect(used.map(({ reserved }) => reserved?.fast)).toEqual([fast !== 'only Peerloom']);
}

/** Moves the data, and checks that it is the same, that none was sent twice, and how it went. */
export async function transfer(arena: Arena, kind: EngineKind, cell: Cell): Promise<void> {
  const payload = await arena.payload(cell.payload);
  const options = { fast: cell.fast !== 'only the engine' };
  if (cell.role === 'downloads') {
    const leech = arena.peerloom(options);
    await leech.add(payload.metainfo);
    await meet(arena, leech, { kind, cell, part: { payload, folder: payload.folder } });
    await leech.finished();
    await arena.expectSame(payload, leech.folder);
    expect(leech.torrent.stats).toMatchObject({
      downloadedBytes: payload.totalBytes,
      redundantBytes: 0,
      hashFailures: 0,
    });
    expectWay(leech, cell);
  } else {
    const seed = arena.peerloom({ ...options, folder: payload.folder });
    await seed.add(payload.metainfo);
    const folder = arena.folder();
    const leech = await meet(arena, seed, { kind, cell, part: { payload, folder } });
    await leech.finished();
    await arena.expectSame(payload, folder, { mayLackEmptyFiles: !kind.makesEmptyFiles });
    expect(await leech.faults()).toEqual([]);
    expect(seed.torrent.stats.uploadedBytes).toBe(payload.totalBytes);
    expectWay(seed, cell);
  }
}
