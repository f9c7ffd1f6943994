// Packs the public packages as they would be published.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { publicPackages, root } from './workspace.mjs';

/** Packs every public package into a folder; returns the tarball's path by package name. */
export function packPublicPackages(destination) {
  return new Map(
    publicPackages.map(({ folder, manifest }) => {
      execFileSync(
        process.execPath,
        [join(root, 'node_modules/pnpm/bin/pnpm.cjs'), 'pack', '--pack-destination', destination],
        { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
      return [manifest.name, join(destination, file)];
    }),
  );
}
