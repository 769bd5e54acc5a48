// test/clients/postgraphile.mjs: a GraphQL server over the schemas, asked by HTTP

import { createServer } from 'node:http'
import pg from 'pg'
import { assert, connection, done, order, test, url } from './tap.mjs'

process.env.GRAPHILE_ENV = 'production'
process.env.DATABASE_URL = url('application')
const { postgraphile } = await import('postgraphile')
const { grafserv } = await import('postgraphile/grafserv/node')
const { default: preset } = await import('./graphile.config.mjs')
const server = createServer()
const service = postgraphile({ extends: [preset], grafserv: { graphqlPath: '/graphql' } })
await service.createServ(grafserv).addTo(server)
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

// ask QUERY VARIABLES: the answer of the server, with its errors if there are
async function ask (query, variables) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables })
  })
  return response.json()
}

// answer QUERY VARIABLES: what is asked for, where nothing fails
async function answer (query, variables) {
  const { data, errors } = await ask(query, variables)
  assert.equal(errors, undefined, JSON.stringify(errors))
  return data
}

const place = 'mutation ($document: JSON!) { apiPlaceOrder(input: {document: $document}) { result } }'
let id

await test('an order is placed by a mutation, and once', async () => {
  id = (await answer(place, { document: order('graphql-1') })).apiPlaceOrder.result
  assert.match(id, /^\d+$/)
  assert.equal((await answer(place, { document: order('graphql-1') })).apiPlaceOrder.result, id)
})

await test('it is read with what belongs to it, along the foreign keys', async () => {
  const { orderByOrderId: found } = await answer(`query ($id: BigInt!) { orderByOrderId(orderId: $id) {
    reference status total placedAt shipTo channelByChannelId { code }
    orderLinesByOrderId { nodes { lineNo quantity unitPrice skusBySkuId { code } } }
    fulfillmentsByOrderId { nodes { fulfillmentNo status locationByLocationId { code } } }
    paymentsByOrderId { nodes { status authorized } } } }`, { id })
  assert.equal(found.status, 'confirmed')
  assert.equal(found.total, '29.90 EUR')
  assert.equal(found.channelByChannelId.code, 'web')
  assert.deepEqual(found.orderLinesByOrderId.nodes, [{ lineNo: 1, quantity: '2', unitPrice: '12.500000', skusBySkuId: { code: 'TEE-M' } }])
  const [fulfillment] = found.fulfillmentsByOrderId.nodes
  assert.equal(fulfillment.status, 'released')
  assert.match(fulfillment.locationByLocationId.code, /^(porto|berlin)$/)
  assert.deepEqual(found.paymentsByOrderId.nodes, [{ status: 'authorized', authorized: '29.90 EUR' }])
})

await test('an amount is a text in both directions', async () => {
  const { apiCapture } = await answer('mutation ($id: BigInt!, $amount: Amount) { apiCapture(input: {orderId: $id, paymentNo: 1, amount: $amount}) { result } }', { id, amount: '9.90 EUR' })
  assert.equal(apiCapture.result, 'partially_captured')
  const { paymentByOrderIdAndPaymentNo: payment } = await answer('query ($id: BigInt!) { paymentByOrderIdAndPaymentNo(orderId: $id, paymentNo: 1) { status captured } }', { id })
  assert.deepEqual(payment, { status: 'partially_captured', captured: '9.90 EUR' })
})

await test('each view for reports is a query that has its columns and tells what it is', async () => {
  const client = new pg.Client(connection('application'))
  await client.connect()
  const { rows: views } = await client.query(`SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS comment, array_agg(a.attname::text ORDER BY attnum) AS columns
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND attnum > 0
    WHERE relnamespace = 'oms_report'::regnamespace AND relkind = 'v' GROUP BY c.oid`)
  await client.end()
  const { __schema: { queryType, types } } = await answer(`{ __schema { queryType { fields { name type { name } } }
    types { name description fields { name type { name kind ofType { name ofType { name ofType { name } } } } } } } }`)
  const typeOf = Object.fromEntries(types.map((type) => [type.name, type]))
  const found = new Set()
  for (const { name, type } of queryType.fields.filter((field) => field.name.startsWith('allOmsReport'))) {
    const nodes = typeOf[type.name].fields.find((field) => field.name === 'nodes').type
    const node = typeOf[nodes.ofType.name ?? nodes.ofType.ofType.name ?? nodes.ofType.ofType.ofType.name]
    const view = views.find((view) => view.comment === node.description && view.columns.length === node.fields.length)
    assert.ok(view, `${name}: ${node.description}`)
    found.add(view.name)
    const { rows } = await answer(`{ rows: ${name}(first: 5) { nodes { ${node.fields.map((field) => field.name).join(' ')} } } }`)
    assert.ok(rows.nodes.length <= 5)
  }
  assert.deepEqual([...found].sort(), views.map((view) => view.name).sort())
})

await test('an error has its SQLSTATE, detail and hint', async () => {
  const { errors: [error] } = await ask(place, { document: order('graphql-2', { lines: [{ sku: 'TEE-M', quantity: 99999, unit_price: 1 }] }) })
  assert.equal(error.extensions?.code, 'OM001', JSON.stringify(error))
  assert.match(error.extensions.detail, /asked 99999/)
  assert.match(error.extensions.hint, /./)
  const { errors: [other] } = await ask('mutation { deleteOrderByOrderId(input: {orderId: "1"}) { clientMutationId } }')
  assert.equal(other.message, 'The request failed')
})

await service.release()
server.close()
done()
