/** Shows those events alone that the form asks for. */
export function watchFilters(): void {
  const form = document.querySelector<HTMLFormElement>('.filters');
  const shown = document.querySelector<HTMLElement>('[data-shown]');
  if (form === null || shown === null) return;
  const rows = [...document.querySelectorAll<HTMLTableRowElement>('.events tbody tr')].map((row) => ({
    row,
    text: (row.textContent ?? '').toLowerCase(),
  }));
  const show = (): void => {
    const wanted = new FormData(form);
    const kinds = new Set(wanted.getAll('kind'));
    const node = wanted.get('node');
    const text = String(wanted.get('text') ?? '').toLowerCase();
    let count = 0;
    for (const each of rows) {
      const { kind = '', node: ofNode } = each.row.dataset;
      const isShown = kinds.has(kind) && (node === '' || ofNode === node) && each.text.includes(text);
      each.row.hidden = !isShown;
      if (isShown) count++;
    }
    shown.textContent = `${count} of ${rows.length} events`;
  };
  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => event.preventDefault());
  // What a browser has kept of the form from before a reload.
  show();
}
