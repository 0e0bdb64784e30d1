// What the published client declares of each answer, read from its own declaration files; and
// what of a raw body does not fit. (The client itself checks nothing.)
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const home = dirname(createRequire(import.meta.url).resolve('@segment/public-api-sdk-typescript'))

const models = new Map()
for (const file of readdirSync(join(home, 'model'))) {
  if (!file.endsWith('.d.ts')) continue
  const text = readFileSync(join(home, 'model', file), 'utf8')
  for (const [, name, body] of text.matchAll(/declare class (\w+) \{([\s\S]*?)\n    static /g)) {
    const fields = [...body.matchAll(/\n    '([^']+)'(\?)?: ([\s\S]*?);(?=\n    '|$)/g)]
    models.set(name, fields.map(([, field, optional, type]) => ({ field, optional: !!optional, type: type.replace(/\s+/g, ' ') })))
  }
  for (const [, name, body] of text.matchAll(/declare namespace (\w+) \{\n([\s\S]*?)\n\}/g)) {
    for (const [, inner, members] of body.matchAll(/enum (\w+) \{([\s\S]*?)\}/g)) {
      // A member without a value has its name for one.
      const values = members.split(',').map((member) => member.match(/(\w+)(?: = "(.*)")?/))
      models.set(`${name}.${inner}`, values.filter(Boolean).map(([, own, value]) => value ?? own))
    }
  }
}
if (models.size < 300) throw new Error(`only ${models.size} models were found in ${home}`)

const answers = new Map()
for (const file of readdirSync(join(home, 'api'))) {
  if (!file.endsWith('Api.d.ts')) continue
  const text = readFileSync(join(home, 'api', file), 'utf8')
  for (const [, operation, type] of text.matchAll(/\n    (\w+)\([^;]*?options\?: \{[\s\S]*?body: (\w+);/g)) {
    answers.set(operation, type)
  }
}

// The declared type of an operation's answer, whose `data` is optional there and is not here.
export function misfits(operation, body) {
  const type = answers.get(operation)
  if (!type) return [`${operation}: is not declared`]
  if (body?.data === undefined) return ['data: is missing']
  return [...check(type, body, '')]
}

function* check(type, value, path) {
  const parts = type.split(' | ')
  if (value === null) {
    if (!parts.includes('null')) yield `${path}: is null`
    return
  }
  const [kind] = parts
  const list = kind.match(/^Array<(.*)>$/)
  if (list) {
    if (!Array.isArray(value)) yield `${path}: is no list`
    else for (const [at, each] of value.entries()) yield* check(list[1], each, `${path}[${at}]`)
  } else if (kind === 'any') {
    return
  } else if (kind === 'object' || kind.startsWith('{ [key:')) {
    if (typeof value !== 'object' || Array.isArray(value)) yield `${path}: is no object`
  } else if (['string', 'number', 'boolean'].includes(kind)) {
    if (typeof value !== kind) yield `${path}: is no ${kind}`
  } else {
    yield* checkModel(kind, value, path)
  }
}

function* checkModel(name, value, path) {
  const model = models.get(name)
  if (!model) {
    yield `${path}: is of the undeclared type ${name}`
  } else if (name.includes('.')) {
    if (!model.includes(value)) yield `${path}: is ${JSON.stringify(value)}, not of ${model}`
  } else if (typeof value !== 'object' || Array.isArray(value)) {
    yield `${path}: is no ${name}`
  } else {
    for (const { field, optional, type } of model) {
      if (value[field] !== undefined) yield* check(type, value[field], `${path}.${field}`)
      else if (!optional) yield `${path}.${field}: is missing`
    }
  }
}
