// Sends every kind of call, with awkward values, by the published @rudderstack/rudder-sdk-node.
// Usage: node send_rudder.mjs URL WRITE_KEY AWKWARD_JSON
import RudderAnalytics from '@rudderstack/rudder-sdk-node'

const [url, writeKey, awkward] = process.argv.slice(2)
const values = JSON.parse(awkward)
const Client = RudderAnalytics.default ?? RudderAnalytics
const analytics = new Client(writeKey, { dataPlaneUrl: url, flushAt: 3, flushInterval: 100 })
const who = { userId: 'node-user', anonymousId: 'node-anonymous' }
const timestamp = new Date('2026-10-01T08:00:00.123Z')
const calls = {
  identify: { ...who, traits: values },
  track: { ...who, event: 'Awkward 订单 🎉', properties: values },
  page: { ...who, name: 'Home 首页', category: 'Shop', properties: values },
  screen: { ...who, name: 'Screen', properties: values },
  group: { ...who, groupId: 'group-1', traits: values },
  alias: { userId: 'node-user', previousId: 'node-before' },
}
const sent = Object.entries(calls).map(
  ([kind, call]) => new Promise((done) => analytics[kind]({ ...call, timestamp }, done))
)
const failed = (await Promise.all(sent)).filter(Boolean).map(String)
console.log(JSON.stringify({ failed }))
process.exit(0)
