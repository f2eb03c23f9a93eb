import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readConfig, VARIABLES } from '../../src/bin/config.ts'
import { readRedisAddress } from '../../src/ledgers/redis/address.ts'
import { type Server, startServer } from '../server.ts'
import { ROOT } from '../sources.ts'
import { type Exposition, readExposition } from './exposition.ts'

const FOLDER = join(ROOT, 'deploy')
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(FOLDER, path)).isFile())
const read = (path: string): string => readFileSync(join(FOLDER, path), 'utf8')
/** What was read out of YAML or JSON, whatever it is. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the file has
type Read = any

let server: Server
let measured: Exposition
beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
  await server.request('/v1/presence/me')
  measured = readExposition(await (await server.request('/metrics')).text())
})
afterAll(() => server.stop())

function yamlOf(path: string): Read[] {
  return parseAllDocuments(read(path), { merge: true }).map((document) => {
    if ('errors' in document && document.errors.length > 0) throw document.errors[0]
    return document.toJS()
  })
}

const yamls = files.filter((path) => /\.ya?ml$/.test(path)).map((path) => [path, yamlOf(path)] as const)
const containers = yamls.flatMap(([, documents]) => documents.flatMap(({ spec }) => spec?.template?.spec?.containers ?? []))
const services = yamls.flatMap(([path, documents]) =>
  path.startsWith('compose') ? documents.flatMap((document) => Object.entries<Read>(document.services)) : [],
)

test('[ST17] there is something to deploy', () => {
  expect(files.length).toBeGreaterThan(10)
  expect([yamls.length, containers.length, services.length].map((count) => count > 1)).toEqual([true, true, true])
})

test('[ST17] every setting that they name is one, and what they set it to is right', () => {
  const named = files.flatMap((path) => (read(path).match(/ROLLCALL_[A-Z_]+/g) ?? []).map((name) => [path, name] as const))
  expect(named.filter(([, name]) => !(name in VARIABLES))).toEqual([])
  const environments: Read[] = [
    ...services.map(([, { environment = {} }]) => environment),
    ...containers.map(({ env }) => Object.fromEntries(env.map(({ name, value }: Read) => [name, value]))),
    ...yamls.flatMap(([, documents]) => documents.filter(({ kind }) => kind === 'Secret').map(({ stringData }) => stringData)),
    Object.fromEntries([...read('Dockerfile').matchAll(/(ROLLCALL_\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
    Object.fromEntries(
      [...read('systemd/rollcall.service').matchAll(/^Environment=(ROLLCALL_\w+)=(.*)$/gm)].map(([, ...pair]) => pair),
    ),
  ]
  for (const environment of environments) {
    const { store } = readConfig(environment)
    if (store.startsWith('redis')) expect(readRedisAddress(store).hosts).toHaveLength(1)
  }
})

test('[ST17] ports are the one that it listens on, and probes ask what it answers', async () => {
  for (const [name, { ports = [] }] of services) if (name === 'rollcall') expect(ports).toEqual(['127.0.0.1:4600:4600'])
  for (const { ports, startupProbe, livenessProbe, readinessProbe } of containers) {
    expect(ports).toEqual([{ name: 'http', containerPort: 4600 }])
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
      expect(httpGet.port).toBe('http')
      expect((await server.request(httpGet.path)).status).toBe(200)
    }
  }
  expect(read('Dockerfile')).toContain('EXPOSE 4600\n')
  for (const path of ['proxies/nginx.conf', 'proxies/Caddyfile', 'proxies/haproxy.cfg', 'prometheus/prometheus.yml'])
    expect([path, /[\w.-]+:4600/.test(read(path))]).toEqual([path, true])
  for (const path of files.flatMap((file) => read(file).match(/\/(?:readyz|healthz|metrics)\b/g) ?? []))
    expect([path, (await server.request(path)).status]).toEqual([path, 200])
})

test('[ST17] every metric that the dashboard and the alerts name is measured, with the labels that they ask for', () => {
  const dashboard: Read = JSON.parse(read('grafana/rollcall.json'))
  const rules: Read[] = yamlOf('prometheus/alerts.yaml')[0].groups.flatMap(({ rules: all }: Read) => all)
  const queries = [
    ...dashboard.panels.flatMap(({ targets = [] }: Read) => targets.map(({ expr }: Read) => expr)),
    ...dashboard.templating.list.flatMap(({ query }: Read) => (typeof query === 'string' ? [] : [query.query])),
    ...rules.map(({ expr }) => expr),
  ]
  expect(queries.length).toBeGreaterThan(30)
  const names = new Set(queries.flatMap((query: string) => query.match(/\b(?:rollcall|process|nodejs)_[a-z0-9_]+/g) ?? []))
  const known = (name: string) => measured.types.has(name) || measured.types.get(name.replace(/_bucket$/, '')) === 'histogram'
  expect([...names].filter((name) => !known(name))).toEqual([])
  const shown = [...measured.types.keys()].filter(
    (name) => name.startsWith('rollcall_') && ![...names].some((used) => used.startsWith(name)),
  )
  expect(shown).toEqual([])
})

test('[ST17] every alert says what happened and what to do', () => {
  const rules: Read[] = yamlOf('prometheus/alerts.yaml')[0].groups.flatMap(({ rules: all }: Read) => all)
  for (const { alert, labels, annotations } of rules) {
    expect([alert, labels.severity]).toEqual([
      expect.stringMatching(/^Rollcall[A-Z]/),
      expect.stringMatching(/^(critical|warning)$/),
    ])
    expect([alert, annotations.summary.length > 10, annotations.action.length > 10]).toEqual([alert, true, true])
  }
})

test('[ST17] the image is built of what there is, runs as nobody special, and has a health check that ends', () => {
  const dockerfile = read('Dockerfile')
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
  expect(copied.length).toBeGreaterThan(4)
  for (const source of copied) expect([source, existsSync(join(ROOT, source))]).toEqual([source, true])
  for (const source of copied) expect(read('Dockerfile.dockerignore')).toContain(`!${source}\n`)
  expect([...dockerfile.matchAll(/^USER (\S+)$/gm)].map(([, user]) => user)).toEqual(['node'])
  const [, check = '[]'] = /^ {2}CMD (\[.*\])$/m.exec(dockerfile) ?? []
  expect(JSON.parse(check).slice(0, 2)).toEqual(['node', '-e'])
  const pinned = [...dockerfile.matchAll(/^FROM node:(\d+)/gm)].map(([, major]) => major)
  expect(new Set(pinned)).toEqual(new Set([process.versions.node.split('.')[0]]))
})

test('[ST17] nothing runs as root, or with more than it needs', () => {
  for (const { securityContext } of containers)
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  for (const [name, service] of services.filter(([, { build }]) => build !== undefined))
    expect([name, service.read_only, service.cap_drop, service.build.dockerfile]).toEqual([
      name,
      true,
      ['ALL'],
      'deploy/Dockerfile',
    ])
  const mounted = services.flatMap(([, { volumes = [] }]) => volumes).filter((volume: string) => volume.startsWith('./'))
  for (const volume of mounted) expect(existsSync(join(FOLDER, volume.split(':')[0] ?? ''))).toBe(true)
})

test('[ST17] the page that explains them names every file', () => {
  const page = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8')
  for (const file of files) expect(page).toContain(`](${relative(join(ROOT, 'docs'), join(FOLDER, file))})`)
})
