// Sends every kind of call, with awkward values, by the published @segment/analytics-node.
// Usage: node send.mjs URL WRITE_KEY AWKWARD_JSON
import { Analytics } from '@segment/analytics-node'

const [url, writeKey, awkward] = process.argv.slice(2)
const values = JSON.parse(awkward)
const analytics = new Analytics({ writeKey, host: url, flushAt: 3, flushInterval: 100 })
const failed = []
analytics.on('error', (error) => failed.push(String(error.code ?? error)))

const who = { userId: 'node-user', anonymousId: 'node-anonymous' }
const timestamp = new Date('2026-10-01T08:00:00.123Z')
analytics.identify({ ...who, traits: values, timestamp })
analytics.track({ ...who, event: 'Awkward 订单 🎉', properties: values, timestamp })
analytics.page({ ...who, name: 'Home 首页', category: 'Shop', properties: values, timestamp })
analytics.screen({ ...who, name: 'Screen', properties: values, timestamp })
analytics.group({ ...who, groupId: 'group-1', traits: values, timestamp })
analytics.alias({ userId: 'node-user', previousId: 'node-before', timestamp })
await analytics.closeAndFlush()
console.log(JSON.stringify({ failed }))
