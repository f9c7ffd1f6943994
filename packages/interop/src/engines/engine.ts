import type { Endpoint } from '@peerloom/core';

/** IPv4 or IPv6. */
export type AddressFamily = 4 | 6;

/** The loopback address of each family. */
export const loopback: Readonly<Record<AddressFamily, string>> = { 4: '127.0.0.1', 6: '::1' };

/** What every engine that a test has started can be asked. */
export interface Engine {
  /** Where it takes connections. */
  listening(family?: AddressFamily): Promise<Endpoint>;
  /** Dials a peer. Not there where the engine can't be told to. */
  connect?(peer: Endpoint): Promise<void>;
  /** Resolves once it has everything, on disk. */
  finished(): Promise<void>;
  /** What it holds against the data that it was sent; empty where nothing. */
  faults(): Promise<readonly string[]>;
}
