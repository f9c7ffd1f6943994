/** For an option that may be repeated: adds each value, parsed, to those before. */
export function collect<T>(
  parse: (text: string) => T,
): (text: string, previous: readonly T[]) => readonly T[] {
  return (text, previous) => [...previous, parse(text)];
}
