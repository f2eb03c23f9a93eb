import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Login tokens by server address, readable by their owner alone. */
type Saved = Record<string, string>

/** The token that `rollcall login` saved for a server; null: none. */
export async function readSaved(url: string): Promise<string | null> {
  return (await readAll())[url] ?? null
}

/** Null forgets it. Answers where it is kept. */
export async function save(url: string, token: string | null): Promise<string> {
  const { [url]: _, ...others } = await readAll()
  const path = savedPath()
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const written = `${path}.${process.pid}`
  await writeFile(written, `${JSON.stringify(token === null ? others : { ...others, [url]: token }, null, 2)}\n`, { mode: 0o600 })
  await rename(written, path)
  return path
}

async function readAll(): Promise<Saved> {
  const text = await readFile(savedPath(), 'utf8').catch(() => '{}')
  try {
    return JSON.parse(text) as Saved
  } catch {
    return {}
  }
}

function savedPath(): string {
  return join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'rollcall', 'login.json')
}
