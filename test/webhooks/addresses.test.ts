import { describe, expect, test } from 'vitest'
import { createAddresses, isPublic } from '../../src/webhooks/addresses.ts'
import { createSettings } from '../engine/world.ts'

const CLOSED = `
  0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
  172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
  240.0.0.1 255.255.255.255 168.63.129.16 :: ::1 ::ffff:8.8.8.8 ::ffff:7f00:1 ::8.8.8.8 64:ff9b::808:808
  64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1
  ff02::1
`
  .trim()
  .split(/\s+/)
const OPEN = '8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 223.255.255.255 2606:4700::1111'.split(' ')

test.each(CLOSED)('[WH15] %s is nobody’s public host', (address) => expect(isPublic(address)).toBe(false))
test.each(OPEN)('[WH15] %s is a public host', (address) => expect(isPublic(address)).toBe(true))

describe('a url', () => {
  const settings = createSettings()
  const addresses = createAddresses(settings, async (host) => {
    if (host === 'public.example') return ['8.8.8.8', '10.0.0.1', '2606:4700::1111']
    if (host === 'empty.example') return []
    return ['10.0.0.1', '::1']
  })
  const check = (url: string) => addresses.check(new URL(url))
  const refusal = (words: RegExp) => ({ name: 'Failure', code: 'invalid', field: 'url', message: expect.stringMatching(words) })

  test('[WH15] over http is refused before it is looked up, unless the setting may allow what it leads to', () => {
    const http = new URL('http://public.example/')
    expect(() => addresses.assertPlausible(http)).toThrow('The url is refused: public.example is told over https only.')
    settings.change({ webhookHosts: ['10.0.0.0/8'] }, 1)
    expect(() => addresses.assertPlausible(http)).not.toThrow()
    settings.change({ webhookHosts: [] }, 2)
  })

  test('[WH15] is reached at those of its addresses that are public', async () => {
    expect(await check('https://public.example/hooks')).toEqual(['8.8.8.8', '2606:4700::1111'])
  })

  test.each([
    ['http://public.example/', /over https only/],
    ['ftp://public.example/', /not https/],
    ['https://user:secret@public.example/', /do not belong/],
    ['https://private.example/', /\(10\.0\.0\.1, ::1\) is not a public address/],
    ['https://empty.example/', /not a public address/],
    ['https://127.0.0.1/', /not a public address/],
    ['https://0x7f.1/', /not a public address/],
    ['https://2130706433/', /not a public address/],
    ['https://[::ffff:127.0.0.1]/', /not a public address/],
    ['https://[::1]:8443/', /not a public address/],
    ['https://[64:ff9b::7f00:1]/', /not a public address/],
  ])('[WH15] %s is refused', async (url, words) => {
    await expect(check(url)).rejects.toMatchObject(refusal(words))
  })

  test('[WH15] what the setting names is reached, over http too, and nothing else; it holds at once', async () => {
    await expect(check('http://private.example./')).rejects.toMatchObject(refusal(/over https only/))
    settings.change({ webhookHosts: ['private.example', '10.0.0.0/8', '2001:db8::7'] }, 1)
    expect(await check('http://private.example./')).toEqual(['10.0.0.1', '::1'])
    expect(await check('http://PRIVATE.example/')).toEqual(['10.0.0.1', '::1'])
    expect(await check('http://other.example/')).toEqual(['10.0.0.1'])
    expect(await check('http://10.255.0.1/')).toEqual(['10.255.0.1'])
    expect(await check('https://[2001:db8::7]/')).toEqual(['2001:db8::7'])
    await expect(check('http://11.0.0.1/')).rejects.toMatchObject(refusal(/over https only/))
    await expect(check('https://127.0.0.1/')).rejects.toMatchObject(refusal(/not a public address/))
    settings.change({ webhookHosts: [] }, 2)
    await expect(check('http://10.255.0.1/')).rejects.toMatchObject(refusal(/not a public address/))
  })
})
