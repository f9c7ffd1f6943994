/** How long anything that a test waits for may take. */
const deadlineMs = 60_000;

/**
 * Resolves as `promise` does, or rejects after {@link deadlineMs} with what was waited for and what `explain`
 * tells of the state of things then.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  what: string,
  explain: () => string = () => '',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}\n${explain()}`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
