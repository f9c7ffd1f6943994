import type { PeerState } from '../peer/peer-state.js';

const deadlineMs = 60_000;

/** A block that a plugin keeps from the engine. */
export interface PluginBlock {
  readonly plugin: string;
  readonly peer: PeerState;
  readonly piece: number;
  readonly block: number;
  readonly untilMs: number;
}

/** Blocks that are with plugins, each until it is delivered, abandoned, or its deadline passes. */
export class PluginBlocks {
  readonly #blocks = new Map<string, PluginBlock>();

  get size(): number {
    return this.#blocks.size;
  }

  countOf(plugin: string): number {
    let count = 0;
    for (const block of this.#blocks.values()) if (block.plugin === plugin) count++;
    return count;
  }

  add(plugin: string, peer: PeerState, piece: number, block: number, nowMs: number): void {
    const untilMs = nowMs + deadlineMs;
    this.#blocks.set(keyOf(piece, block), { plugin, peer, piece, block, untilMs });
  }

  /** Ends a block that is with this plugin; `undefined` where it is not. */
  take(plugin: string, piece: number, block: number): PluginBlock | undefined {
    const found = this.#blocks.get(keyOf(piece, block));
    if (found?.plugin !== plugin) return undefined;
    this.#blocks.delete(keyOf(piece, block));
    return found;
  }

  /** Ends those whose time is up. */
  takeExpired(nowMs: number): readonly PluginBlock[] {
    return this.#takeWhere((block) => block.untilMs <= nowMs);
  }

  /** Ends all of a plugin that leaves. */
  takeAll(plugin: string): readonly PluginBlock[] {
    return this.#takeWhere((block) => block.plugin === plugin);
  }

  #takeWhere(test: (block: PluginBlock) => boolean): readonly PluginBlock[] {
    const taken: PluginBlock[] = [];
    for (const [key, block] of this.#blocks) {
      if (!test(block)) continue;
      this.#blocks.delete(key);
      taken.push(block);
    }
    return taken;
  }
}

function keyOf(piece: number, block: number): string {
  return `${piece}:${block}`;
}
