import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const folder = fileURLToPath(new URL('.', import.meta.url));
const cli = dirname(createRequire(import.meta.url).resolve('peerloom/package.json'));
const read = (...path: readonly string[]): string => readFileSync(join(folder, ...path), 'utf8');

interface Claim {
  readonly metadata: { readonly name: string };
}

interface Port {
  readonly port?: number;
  readonly containerPort?: number;
  readonly protocol: string;
}

/** Fails where the command would not understand the arguments: every option is in its help. */
function expectArguments(args: readonly string[]): void {
  const [command = '', ...rest] = args;
  const help = execFileSync(process.execPath, [join(cli, 'bin/peerloom.js'), 'help', command], {
    encoding: 'utf8',
  });
  for (const option of rest.filter((arg) => arg.startsWith('-'))) {
    const [name = '', value] = option.split('=');
    const takesValue = new RegExp(`${name} <`).test(help);
    expect(help, option).toMatch(new RegExp(`${name}[ ,\\n]`));
    expect(takesValue, option).toBe(value !== undefined);
  }
}

const compose = parse(read('compose.yaml'), { merge: true });
const kustomization = parse(read('kubernetes', 'kustomization.yaml'));
const resources: readonly string[] = kustomization.resources;
const objects = resources.flatMap((file) =>
  parseAllDocuments(read('kubernetes', file)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  }),
);
const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');

describe('compose', () => {
  test('has a tracker, a seed and leeches, whose images can be made and whose arguments are understood', () => {
    expect(Object.keys(compose.services)).toEqual(['tracker', 'seed', 'leech']);
    for (const { build } of Object.values<{ build: { context: string; dockerfile: string } }>(
      compose.services,
    )) {
      expect(existsSync(join(folder, build.context, build.dockerfile))).toBe(true);
    }
    expectArguments(compose.services.seed.command);
    expectArguments(compose.services.leech.command);
  });

  test('starts peers when the tracker answers, and gives each leech a volume of its own', () => {
    const { seed, leech, tracker } = compose.services;
    expect(tracker.healthcheck.test).toBeDefined();
    for (const peer of [seed, leech]) expect(peer.depends_on.tracker.condition).toBe('service_healthy');
    expect(leech.volumes).toContain('/data');
    expect(leech.deploy.replicas).toBeGreaterThan(1);
  });

  test('gives no container more than it needs', () => {
    for (const service of Object.values<Record<string, unknown>>(compose.services)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
    for (const name of readdirSync(join(folder, 'images')).filter((file) => file.endsWith('Dockerfile'))) {
      expect(read('images', name)).toMatch(/^USER (?!root)\w+$/m);
    }
  });
});

describe('kubernetes', () => {
  test('has what it names, and nothing else', () => {
    // What is shared lies beside them where somebody follows the README.
    const files = readdirSync(join(folder, 'kubernetes')).filter(
      (file) => file.endsWith('.yaml') && file !== 'kustomization.yaml',
    );
    expect([...resources].sort()).toEqual(files.sort());
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Namespace peerloom',
      'Service tracker',
      'Deployment tracker',
      'Service seed',
      'StatefulSet seed',
      'Service leech',
      'StatefulSet leech',
    ]);
  });

  test('selects the pods that it makes, and mounts volumes that are there', () => {
    const generated = kustomization.configMapGenerator.map(({ name }: { name: string }) => name);
    for (const { spec } of workloads) {
      const { metadata, spec: pod } = spec.template;
      expect(metadata.labels).toMatchObject(spec.selector.matchLabels);
      const service = objects.find(({ kind, spec: of }) => {
        return kind === 'Service' && of.selector.app === metadata.labels.app;
      });
      expect(service).toBeDefined();
      if (spec.serviceName !== undefined) expect(spec.serviceName).toBe(service.metadata.name);
      const volumes = [
        ...(pod.volumes ?? []),
        ...(spec.volumeClaimTemplates ?? []).map(({ metadata }: Claim) => metadata),
      ];
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        for (const { name } of container.volumeMounts)
          expect(volumes.map((volume) => volume.name)).toContain(name);
      }
      for (const { configMap } of pod.volumes ?? []) expect(generated).toContain(configMap.name);
    }
  });

  test('runs as nobody in particular, with bounds and probes', () => {
    for (const { spec } of workloads) {
      const pod = spec.template.spec;
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({ requests: {}, limits: {} });
      }
      for (const { livenessProbe, ports } of pod.containers) {
        expect(ports.map(({ name }: { name: string }) => name)).toContain(livenessProbe.tcpSocket.port);
      }
    }
  });

  test('calls the command with arguments that it understands', () => {
    const peers = workloads.flatMap(({ spec }) => spec.template.spec.containers).filter(({ args }) => args);
    expect(peers).toHaveLength(2);
    for (const { args } of peers) expectArguments(args);
  });
});

describe('what has to be the same everywhere', () => {
  const tracker = read('images', 'opentracker.Dockerfile');
  const servicePorts = (of: string): unknown =>
    objects
      .find(({ kind, metadata }) => kind === 'Service' && metadata.name === of)
      .spec.ports.map(({ port, protocol }: Port) => `${port}/${protocol}`);
  const containers = (of: string) =>
    workloads.find(({ metadata }) => metadata.name === of).spec.template.spec.containers;

  test('is the port of the peers', () => {
    expect(read('images', 'peerloom.Dockerfile')).toContain('\nEXPOSE 6881\n');
    for (const name of ['seed', 'leech']) {
      const [{ args, ports }] = containers(name);
      for (const command of [compose.services[name].command, args]) {
        expect(command).toContain('--listen=0.0.0.0:6881');
      }
      expect(ports.map(({ containerPort }: Port) => containerPort)).toEqual([6881]);
      expect(servicePorts(name)).toEqual(['6881/TCP']);
    }
  });

  test('is the port of the tracker', () => {
    expect(tracker).toContain('["opentracker", "-p", "6969", "-P", "6969",');
    expect(compose.services.tracker.healthcheck.test.at(-1)).toContain('/6969');
    const [{ ports }] = containers('tracker');
    expect(ports.map(({ containerPort }: Port) => containerPort)).toEqual([6969, 6969]);
    expect(servicePorts('tracker')).toEqual(['6969/TCP', '6969/UDP']);
    expect(read('README.md')).toContain('--tracker http://tracker:6969/announce');
  });

  test('is the path of the whitelist', () => {
    const [, path = ''] = /access\.whitelist (\S+)\\n/.exec(tracker) ?? [];
    expect(compose.services.tracker.volumes).toEqual([`./share/whitelist:${path}:ro`]);
    const [{ volumeMounts }] = containers('tracker');
    const [{ files }] = kustomization.configMapGenerator.filter(
      ({ name }: { name: string }) => name === 'whitelist',
    );
    expect(volumeMounts.map(({ mountPath }: { mountPath: string }) => join(mountPath, files[0]))).toEqual([
      path,
    ]);
  });
});
