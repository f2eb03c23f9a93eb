import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../sources.ts'
import { coveragePage, readOperations, seedTitles } from './coverage.ts'

writeFileSync(join(ROOT, 'docs/coverage.md'), coveragePage(readOperations(), seedTitles()))
