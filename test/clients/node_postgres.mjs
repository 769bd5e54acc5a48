// test/clients/node_postgres.mjs: an application, an analyst and a consumer of events that use node-postgres

import net from 'node:net'
import pg from 'pg'
import { assert, connection, done, order, test } from './tap.mjs'

const application = new pg.Client(connection('application'))
const reader = new pg.Client(connection('reader'))
const owner = new pg.Client(connection('owner'))
const everybody = [application, reader, owner]
await Promise.all(everybody.map((client) => client.connect()))

// value CLIENT SQL PARAMETERS: the one value of the one row
async function value (client, text, values) {
  const { rows } = await client.query({ text, values, rowMode: 'array' })
  assert.equal(rows.length, 1)
  return rows[0][0]
}

// refused SQLSTATE CLIENT SQL PARAMETERS: the error, which has that code
async function refused (code, client, text, values) {
  try {
    await client.query(text, values)
  } catch (error) {
    assert.equal(error.code, code, `${text}: ${error.message}`)
    assert.equal(error.severity, 'ERROR')
    return error
  }
  assert.fail(`${text} was not refused`)
}

let orderId

await test('an order is an object, its number a text that keeps every digit', async () => {
  orderId = await value(application, 'SELECT oms.place_order($1)', [order('pg-1')])
  assert.match(orderId, /^[0-9]+$/)
  assert.equal(await value(application, 'SELECT oms.place_order($1)', [order('pg-1')]), orderId)
  assert.equal(await value(application, 'SELECT oms.find_order($1, $2)', ['web', 'pg-1']), orderId)
})

await test('a document comes back as an object, letter by letter', async () => {
  const found = await value(application, 'SELECT oms.get_order($1)', [orderId])
  assert.equal(found.reference, 'pg-1')
  assert.equal(found.ship_to.name, order('').ship_to.name)
  assert.equal(found.lines[0].sku, 'TEE-M')
})

await test('amounts, quantities and statuses arrive as text', async () => {
  const { rows } = await application.query(`
    SELECT o.status, o.total, o.total::numeric AS number, currency_of(o.total) AS currency, l.quantity, l.unit_price
    FROM oms.orders AS o JOIN oms.order_lines AS l USING (order_id) WHERE order_id = $1`, [orderId])
  assert.deepEqual({ ...rows[0] }, {
    status: 'confirmed', total: '29.90 EUR', number: '29.90', currency: 'EUR', quantity: '2', unit_price: '12.500000'
  })
})

await test('commands answer with the new state', async () => {
  assert.equal(await value(application, 'SELECT oms.start_picking($1, $2)', [orderId, 1]), 'picking')
  assert.equal(await value(application, 'SELECT oms.pack($1, $2, $3)', [orderId, 1, JSON.stringify([{ weight_g: 420 }])]), 'packed')
  assert.equal(await value(application, 'SELECT oms.ship($1, $2, $3)', [orderId, 1, { carrier: 'ctt', number: 'PG1' }]), 'shipped')
  assert.equal(await value(application, 'SELECT oms.capture($1, $2, $3)', [orderId, 1, '9.90 EUR']), 'partially_captured')
  assert.equal(await value(application, 'SELECT oms.capture($1, $2)', [orderId, 1]), 'captured')
})

await test('texts, numbers, objects and arrays are taken as parameters of our types', async () => {
  assert.equal(await value(application, 'SELECT $1::oms.amount + $2', ['12.50 EUR', 'EUR 0.5']), '13.00 EUR')
  assert.equal(await value(application, 'SELECT oms.amount($1, $2)', [12.5, 'EUR']), '12.50 EUR')
  assert.equal(await value(application, 'SELECT $1::oms.quantity * 2', [5.25]), '10.5')
  assert.equal(await value(application, 'SELECT count(*) FROM oms.orders WHERE status = $1 AND order_id = $2', ['shipped', orderId]), '1')
  assert.equal(await value(application, 'SELECT count(*) FROM oms.orders WHERE status = ANY ($1) AND total >= $2 AND order_id = $3',
    [['shipped', 'delivered'], '29.90 EUR', orderId]), '1')
  const count = await value(application, 'SELECT oms.available($1, $2)', ['TEE-S', 'berlin'])
  assert.equal(await value(application, 'SELECT oms.count_stock($1, $2, $3)', ['TEE-S', 'berlin', Number(count)]), count)
})

await test('without the search path operators are named, or values cast', async () => {
  await application.query('SET search_path = public')
  const error = await refused('42883', application, "SELECT FROM oms.orders WHERE status = 'shipped'")
  assert.match(error.message, /operator does not exist: oms\.order_status = unknown/)
  await application.query("SELECT FROM oms.orders WHERE status::text = 'shipped' AND total::numeric > 1")
  await application.query("SELECT FROM oms.orders WHERE status OPERATOR(oms.=) 'shipped'")
  await application.query('RESET search_path')
})

await test('a command that was prepared by name stays right', async () => {
  for (let i = 0; i < 12; i++) {
    const query = { name: 'available', text: 'SELECT oms.available($1, $2) AS a, $3::oms.amount AS b', values: ['TEE-L', 'porto', `${i}.00 EUR`] }
    const { rows } = await application.query(query)
    assert.equal(rows[0].b, `${i}.00 EUR`)
    assert.match(rows[0].a, /^[0-9]+$/)
  }
})

// each error of ours, with what the program and what the person gets
const errors = {
  OM001: ['SELECT oms.place_order($1)', [order('pg-e1', { lines: [{ sku: 'TEE-M', quantity: 99999, unit_price: 1 }, { sku: 'TEE-L', quantity: 88888, unit_price: 1 }] })],
    /sku "TEE-M": asked 99999, available \d+\nsku "TEE-L": asked 88888, available \d+/, /backorders/],
  OM002: ['SELECT oms.start_picking($1, 1)', () => [orderId], null, /./],
  OM003: ['SELECT oms.place_order($1)', [order('pg-e3', { ship_to: { country: 'JP', lat: 35.7, lon: 139.7 }, lines: [{ sku: 'ONLY-PT', quantity: 1, unit_price: '1' }] })], /./, null],
  OM004: ['SELECT oms.place_order($1)', [order('pg-1', { metadata: { other: true } })], null, /./],
  OM005: ['SELECT $1::oms.amount + $2::oms.amount', ['1 EUR', '1 USD'], null, null],
  OM006: ['SELECT oms.available($1)', ['nothing'], null, null],
  OM007: ['SELECT oms.place_order($1)', [{ channel: 7, lines: [{ sku: 'TEE-M', quantity: -1 }], more: 1 }], /channel[^]*lines[^]*quantity/, null],
  OM008: ['SELECT oms.refund($1, $2, $3)', () => [orderId, '500 EUR', 'too much'], /29\.90 EUR/, null],
  OM009: ['SELECT oms.place_order($1)', [order('pg-e9', { customer: { reference: 'C-9' }, payments: [{ method: 'terms', amount: '29.90' }] })], /./, null],
  OM010: ['SELECT oms.start_picking(1, 1)', [], null, /./]
}
await owner.query(`SELECT oms.put_location('{"code": "only-pt", "country": "PT", "lat": 41, "lon": -8, "ships_to": ["PT"]}'),
  oms.put_sku('{"code": "ONLY-PT"}'), oms.put_customer('{"reference": "C-9", "credit_limit": "1 EUR", "payment_terms_days": 30}')`)
await owner.query("SELECT oms.receive_stock('ONLY-PT', 'only-pt', 10)")
for (const [code, [text, values, detail, hint]] of Object.entries(errors)) {
  await test(`${code} reaches the program with what it says`, async () => {
    const error = await refused(code, application, text, typeof values === 'function' ? values() : values)
    assert.doesNotMatch(error.message, /\n|\.$/)
    if (detail) assert.match(error.detail ?? '', detail)
    if (hint) assert.match(error.hint ?? '', hint)
  })
}

await test('a transaction goes on behind a savepoint', async () => {
  const client = new pg.Client(connection('application'))
  await client.connect()
  await client.query('BEGIN')
  const id = await value(client, 'SELECT oms.place_order($1)', [order('pg-savepoint')])
  await client.query('SAVEPOINT a')
  await refused('OM001', client, 'SELECT oms.place_order($1)', [order('pg-none', { lines: [{ sku: 'TEE-M', quantity: 99999, unit_price: 1 }] })])
  await refused('25P02', client, 'SELECT 1')
  await client.query('ROLLBACK TO SAVEPOINT a')
  await client.query('SELECT oms.cancel_order($1, $2)', [id, 'changed her mind'])
  await client.query('COMMIT')
  assert.equal(await value(client, 'SELECT status FROM oms.orders WHERE order_id = $1', [id]), 'cancelled')
  await client.end()
})

await test('each view for reports can be read, and has plain types and distinct names', async () => {
  const { INT4, INT8, NUMERIC, FLOAT8, BOOL, DATE, TIMESTAMPTZ, TEXT } = pg.types.builtins
  const plain = [INT4, INT8, NUMERIC, FLOAT8, BOOL, DATE, TIMESTAMPTZ, TEXT]
  const { rows: views } = await reader.query("SELECT viewname FROM pg_views WHERE schemaname = 'oms_report' ORDER BY 1")
  assert.ok(views.length > 10)
  for (const { viewname } of views) {
    const { fields, rows } = await reader.query(`SELECT * FROM oms_report.${viewname} LIMIT 100`)
    const names = fields.map((f) => f.name)
    assert.equal(new Set(names).size, names.length, viewname)
    for (const field of fields) assert.ok(plain.includes(field.dataTypeID), `${viewname}.${field.name} has type ${field.dataTypeID}`)
    for (const row of rows) assert.equal(Object.keys(row).length, names.length)
  }
})

await test('a reader reads and places nothing', async () => {
  await refused('42501', reader, 'SELECT oms.place_order($1)', [order('pg-reader')])
  await refused('42501', reader, 'SELECT code FROM oms.stored_value_accounts')
  await reader.query('BEGIN READ ONLY')
  assert.ok(Number(await value(reader, 'SELECT count(*) FROM oms.orders')) > 4)
  await reader.query('COMMIT')
})

// A line that breaks: it passes everything on, but an answer that it was told to lose.
function breakingLine () {
  const state = { lose: false, server: null }
  state.server = net.createServer((here) => {
    const there = net.connect(Number(process.env.PGPORT), process.env.PGHOST)
    here.pipe(there)
    there.on('data', (data) => state.lose ? here.destroy() : here.write(data))
    there.on('error', () => here.destroy())
    here.on('error', () => {}).on('close', () => there.end())
  })
  return new Promise((resolve) => state.server.listen(0, '127.0.0.1', () => resolve(state)))
}

// repeated SQL PARAMETERS: does it once where the answer is lost, and again
async function repeated (text, values) {
  const line = await breakingLine()
  const address = { ...connection('application'), host: '127.0.0.1', port: line.server.address().port }
  const first = new pg.Client(address)
  first.on('error', () => {})
  await first.connect()
  line.lose = true
  await assert.rejects(first.query(text, values), /terminated|ECONNRESET/)
  line.lose = false
  const second = new pg.Client(address)
  await second.connect()
  const answer = await value(second, text, values)
  await second.end()
  line.server.close()
  return answer
}

await test('who has lost the answer asks again and gets it, and all was done once', async () => {
  const id = await repeated('SELECT oms.place_order($1)', [order('pg-lost')])
  assert.equal(await value(application, "SELECT count(*) FROM oms.orders WHERE reference = 'pg-lost'"), '1')
  const before = await value(application, "SELECT oms.available('TEE-L', 'porto')")
  const counted = await repeated('SELECT oms.adjust_stock($1, $2, $3, $4, $5)', ['TEE-L', 'porto', -3, 'torn', 'note 17'])
  assert.equal(Number(await value(application, "SELECT oms.available('TEE-L', 'porto')")), Number(before) - 3)
  assert.match(counted, /^[0-9]+$/)
  assert.equal(await repeated('SELECT oms.capture($1, 1, NULL, $2)', [id, 'capture pg-lost']), 'captured')
  assert.equal(await value(application, "SELECT count(*) FROM oms.payment_entries WHERE order_id = $1 AND kind = 'capture'", [id]), '1')
})

await test('a consumer that is woken up reads each event once, an order\'s in order', async () => {
  const consumer = new pg.Client(connection('application'))
  await consumer.connect()
  const seen = []
  async function read () {
    for (;;) {
      const { rows } = await consumer.query('SELECT * FROM oms.events_since($1, $2)', ['mailer', 50])
      if (rows.length === 0) return
      seen.push(...rows)
      assert.equal(await value(consumer, 'SELECT oms.acknowledge($1, $2::text)', ['mailer', rows.at(-1).cursor]), true)
    }
  }
  await read()
  const before = seen.length
  assert.ok(before > 20)
  await consumer.query('LISTEN oms_events')
  const woken = new Promise((resolve) => consumer.once('notification', resolve))
  const id = await value(application, 'SELECT oms.place_order($1)', [order('pg-event')])
  await owner.query("SELECT oms.run_job('wake_consumers')")
  const { channel, payload } = await woken
  assert.equal(channel, 'oms_events')
  assert.match(payload, /mailer/)
  await read()
  assert.ok(seen.length > before)
  assert.equal(new Set(seen.map((e) => e.event_id)).size, seen.length)
  assert.equal(seen.length, Number(await value(application, 'SELECT (SELECT count(*) FROM oms.event_history) + (SELECT count(*) FROM oms.subject_events)')))
  const own = seen.filter((e) => e.order_id === id)
  assert.deepEqual(own.map((e) => e.sequence), own.map((_, i) => i + 1))
  assert.equal(own[0].type, 'order.placed')
  assert.deepEqual(own[0].data, { total: '29.90 EUR' })
  await consumer.end()
})

await test('the books are right after that', async () => {
  const { rows } = await owner.query('SELECT * FROM oms.check_invariants()')
  assert.deepEqual(rows, [])
})

await Promise.all(everybody.map((client) => client.end()))
done()
