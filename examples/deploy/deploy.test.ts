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

describe('compose', () => {
  const compose = parse(read('compose.yaml'), { merge: true });

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
  const kustomization = parse(read('kubernetes', 'kustomization.yaml'));
  const resources: readonly string[] = kustomization.resources;
  const objects = resources.flatMap((file) =>
    parseAllDocuments(read('kubernetes', file)).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS();
    }),
  );
  const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');

  test('has what it names, and nothing else', () => {
    const files = readdirSync(join(folder, 'kubernetes')).filter((file) => file !== 'kustomization.yaml');
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
