import { gridColumns, gridPath, isHadAt, type PieceData } from '../piece-grid.js';

/** Shows the map of pieces, and a line in every picture, at the time that is chosen. */
export function watchScrubber(): void {
  const scrubber = document.querySelector<HTMLInputElement>('#scrubber');
  const output = document.querySelector<HTMLOutputElement>('[data-time]');
  const source = document.querySelector('#data')?.textContent;
  if (scrubber === null || output === null || !source) return;
  const data: PieceData = JSON.parse(source);
  const lanes = [...document.querySelectorAll<HTMLElement>('[data-lane]')];
  const cursors = [...document.querySelectorAll<SVGLineElement>('.cursor')];

  const show = (): void => {
    const timeMs = scrubber.valueAsNumber;
    const text = `${(timeMs / 1_000).toFixed(2)} s`;
    output.value = text;
    scrubber.setAttribute('aria-valuetext', text);
    const share = timeMs / Math.max(1, Number(scrubber.max));
    for (const cursor of cursors) {
      const x = String(share * 1_000);
      cursor.setAttribute('x1', x);
      cursor.setAttribute('x2', x);
      cursor.classList.add('is-shown');
    }
    lanes.forEach((lane, index) => {
      showPieces(lane, data.rowTimesMs[index] ?? [], data.rowCount, timeMs);
    });
  };
  scrubber.addEventListener('input', show);

  /** A press on a picture looks at the time that is pressed. */
  const pictures = document.querySelectorAll<SVGSVGElement>('svg:has(> .cursor)');
  for (const picture of pictures) {
    const look = (event: PointerEvent): void => {
      const { left, width } = picture.getBoundingClientRect();
      scrubber.valueAsNumber = Math.round(((event.clientX - left) / width) * Number(scrubber.max));
      show();
    };
    picture.addEventListener('pointerdown', look);
    picture.addEventListener('pointermove', (event) => {
      if (event.buttons === 1) look(event);
    });
  }
}

function showPieces(
  lane: HTMLElement,
  rowTimesMs: readonly number[],
  rowCount: number,
  timeMs: number,
): void {
  const isHad = (row: number): boolean => isHadAt(rowTimesMs[row] ?? -1, timeMs);
  lane.querySelector('[data-map]')?.setAttribute('d', gridPath(rowCount, gridColumns(rowCount), isHad));
  const count = lane.querySelector('[data-count]');
  if (count !== null)
    count.textContent = `${rowTimesMs.filter((_, row) => isHad(row)).length} of ${rowCount}`;
}
