import type { NodeProgress, NodeRole, ScenarioFigure } from '../scenario.js';

/** How much was moved in that time, and who sent it. */
export function transferFigures(
  nodes: readonly NodeProgress[],
  elapsedMs: number,
): readonly ScenarioFigure[] {
  const leeches = nodes.filter(({ role }) => role === 'leech');
  const sentBy = (role: NodeRole): number =>
    sum(nodes.filter((node) => node.role === role).map(({ uploadedBytes }) => uploadedBytes));
  const movedBytes = sum(leeches.map(({ haveBytes }) => haveBytes));
  return [
    { name: 'movedBytes', label: 'moved', value: movedBytes, unit: 'bytes' },
    { name: 'elapsedMs', label: 'in', value: elapsedMs, unit: 'ms' },
    { name: 'rate', label: 'at', value: movedBytes / (elapsedMs / 1000), unit: 'bytesPerSecond' },
    { name: 'seedUploadedBytes', label: 'sent by the seed', value: sentBy('seed'), unit: 'bytes' },
    { name: 'leechUploadedBytes', label: 'sent by leeches', value: sentBy('leech'), unit: 'bytes' },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
