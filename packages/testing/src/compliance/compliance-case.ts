/** One thing that an extension has to stand. */
export interface ComplianceCase {
  /** A hook such as `peer.onHave`, or what else it is about. */
  readonly group: string;
  /** What must be true. */
  readonly name: string;
  /** Rejects with `TESTING_COMPLIANCE` where the extension, or the engine with it, does not comply. */
  readonly run: () => Promise<void>;
}
