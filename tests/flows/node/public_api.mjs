// Calls the published @segment/public-api-sdk-typescript as it is: one JSON object a line in, one
// out. In: {"token", "api": "SourcesApi", "operation": "listSources", "arguments": [...]}.
// Out: {"status", "body" (as it came), "misfits" (against the client's own declarations)}.
// Usage: node public_api.mjs BASE_URL
import { createInterface } from 'node:readline'
import client from '@segment/public-api-sdk-typescript'
import { misfits } from './declared.mjs'

const [base] = process.argv.slice(2)

async function call({ token, api, operation, arguments: given }) {
  const one = new client[api](base)
  if (token) one.accessToken = token
  try {
    const { response } = await one[operation](...given.map((each) => each ?? undefined))
    return { status: response.statusCode, body: response.body, misfits: misfits(operation, response.body) }
  } catch (error) {
    // Compiled for old engines, its HttpError is no instance of its own class.
    if (error.statusCode) return { status: error.statusCode, body: error.body, misfits: [] }
    throw error
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await call(JSON.parse(line))))
}
