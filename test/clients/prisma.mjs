// test/clients/prisma.mjs: Prisma introspects the schemas, generates its client, and works with it

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import pg from 'pg'
import { assert, connection, done, order, test, url } from './tap.mjs'

const require = createRequire(import.meta.url)

// prisma ARGUMENTS: what the CLI says.  It wants to download an engine that it
// doesn't use, unless there seems to be one.
writeFileSync('engine', '')
function prisma (...words) {
  const env = {
    ...process.env,
    DATABASE_URL: url('reader'),
    PRISMA_QUERY_ENGINE_LIBRARY: 'engine',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
    NO_COLOR: '1'
  }
  try {
    return execFileSync(process.execPath, ['node_modules/prisma/build/index.js', ...words, '--config', 'prisma.config.mjs'], { env, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    throw new Error(`${error.stdout}\n${error.stderr}`)
  }
}

writeFileSync('schema.prisma', `datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
  schemas  = ["oms", "oms_report"]
}

generator client {
  provider        = "prisma-client-js"
  engineType      = "client"
  previewFeatures = ["views"]
  output          = "./generated"
}
`)
let models = []
let types = []

await test('db pull, as a reader: each table is a model, each view a view', async () => {
  prisma('db', 'pull')
  models = [...readFileSync('schema.prisma', 'utf8').matchAll(/^(model|view) (\w+) \{\n([^]*?)^\}/gm)].map(([, kind, name, body]) => ({
    kind, name, body, schema: body.match(/@@schema\("(\w+)"\)/)[1], table: body.match(/@@map\("(\w+)"\)/)?.[1] ?? name
  }))
  const reader = new pg.Client(connection('reader'))
  await reader.connect()
  const { rows } = await reader.query(`SELECT CASE relkind WHEN 'v' THEN 'view ' ELSE 'model ' END || relnamespace::regnamespace || '.' || relname AS name
    FROM pg_class WHERE relnamespace::regnamespace::text IN ('oms', 'oms_report') AND relkind IN ('r', 'p', 'v') AND NOT relispartition ORDER BY 1`)
  types = (await reader.query("SELECT typname FROM pg_type WHERE typnamespace = 'oms'::regnamespace")).rows.map((row) => row.typname)
  await reader.end()
  assert.deepEqual(models.map((m) => `${m.kind} ${m.schema}.${m.table}`).sort(), rows.map((row) => row.name).sort())
})

await test('all columns of reports have types that it knows', () => {
  for (const { name, body, schema } of models) {
    if (schema === 'oms_report') assert.doesNotMatch(body, /Unsupported/, name)
  }
})

await test('what it does not know is of our types, and few others', () => {
  const unknown = new Set(models.flatMap(({ body }) => [...body.matchAll(/Unsupported\("(\w+)"\)/g)].map((found) => found[1])))
  assert.deepEqual([...unknown].filter((type) => ![...types, 'geography', 'interval', 'ltree', 'xid8', '_xid8', '_xid'].includes(type)), [])
})

await test('generate makes a client, once the two keys that it misread are mended', () => {
  let schema = readFileSync('schema.prisma', 'utf8')
  for (const [found, mended] of [
    ['@@id([sku_id, location_id, day, demanded, promoted, out_of_stock_rate])', '@@id([sku_id, location_id, day])'],
    ['@@id([supplier_id, sku_id, min_quantity])', '@@id([supplier_id, sku_id, min_quantity])\n  @@ignore'],
    [/supplier_cost_breaks +supplier_cost_breaks\[\]/, '$& @ignore']
  ]) {
    assert.notEqual(schema.replace(found, mended), schema, found)
    schema = schema.replace(found, mended)
  }
  writeFileSync('schema.prisma', schema)
  prisma('generate')
})

const { PrismaClient } = require('./generated')
const { PrismaPg } = require('@prisma/adapter-pg')
const application = new PrismaClient({ adapter: new PrismaPg({ connectionString: url('application') }) })

await test('the client places an order, reads it with its lines, and what its models lack by SQL', async () => {
  const [{ order_id: id }] = await application.$queryRaw`SELECT oms.place_order(${order('prisma-1')}::jsonb) AS order_id`
  assert.equal(typeof id, 'bigint')
  const found = await application.orders.findUnique({ where: { order_id: id }, include: { order_lines: { include: { skus: true } }, channels: true } })
  assert.equal(found.channels.code, 'web')
  assert.equal(found.order_lines[0].skus.code, 'TEE-M')
  assert.equal(found.order_lines[0].unit_price.toFixed(2), '12.50')
  const [row] = await application.$queryRaw`SELECT status, total, total::numeric AS number FROM oms.orders WHERE order_id = ${id}`
  assert.deepEqual({ ...row, number: row.number.toFixed(2) }, { status: 'confirmed', total: '29.90 EUR', number: '29.90' })
})

await test('an error has its SQLSTATE', async () => {
  const document = order('prisma-2', { lines: [{ sku: 'TEE-M', quantity: 99999, unit_price: 1 }] })
  await assert.rejects(application.$queryRaw`SELECT oms.place_order(${document}::jsonb)`, (error) => {
    const { code, detail, hint } = error.meta.driverAdapterError.cause
    assert.equal(code, 'OM001')
    assert.match(detail, /asked 99999/)
    assert.match(hint, /./)
    return true
  })
})

await test('each view for reports is read', async () => {
  const views = models.filter(({ schema }) => schema === 'oms_report')
  assert.ok(views.length > 10)
  for (const { name } of views) assert.ok(Array.isArray(await application[name].findMany()), name)
})

await application.$disconnect()
done()
