import type { Answer, Requests } from './requests.ts'

/** What one request asks for at most. */
const PAGE_SIZE = 1_000

/** All of it at once: for lists that are short. */
export async function listed<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

/** All of a list that the server tells page by page, each with the cursor of the next. Throws Failure. */
export async function* allOf(call: Requests['call'], path: string, name: string): AsyncGenerator<Answer> {
  let cursor: string | null = null
  do {
    const asked: URLSearchParams = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor !== null && { cursor }) })
    const page: Answer = await call('GET', `${path}${path.includes('?') ? '&' : '?'}${asked}`)
    yield* page[name]
    cursor = page.cursor
  } while (cursor !== null)
}
