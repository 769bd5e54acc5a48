// test/clients/pgbouncer.mjs: many clients that share few connections, transaction by transaction

import { spawn, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { assert, connection, done, order, test } from './tap.mjs'

const roles = ['application', 'reader', 'owner'].map(connection)
const [major, minor] = execFileSync('pgbouncer', ['--version'], { encoding: 'utf8' }).match(/\d+/g).map(Number)
const keepsPrepared = major > 1 || minor >= 21

// freePort: a port that nobody listens at
async function freePort () {
  const server = net.createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

// start: a pgbouncer in transaction mode with two connections to the server for each role
async function start () {
  const folder = mkdtempSync(join(tmpdir(), 'oms-pgbouncer-'))
  const port = await freePort()
  const { host, port: serverPort, database } = roles[0]
  writeFileSync(join(folder, 'users'), roles.map((r) => `"${r.user}" "${r.password}"\n`).join(''))
  writeFileSync(join(folder, 'ini'), `[databases]
${database} = host=${host} port=${serverPort} dbname=${database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, 'users')}
admin_users = ${roles[2].user}
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
${keepsPrepared ? 'max_prepared_statements = 100' : ''}
`)
  for (const file of ['', 'users', 'ini']) chmodSync(join(folder, file), file ? 0o644 : 0o755)
  // it refuses to run as root
  const user = process.getuid() === 0 ? ['-u', 'postgres'] : []
  const bouncer = spawn('pgbouncer', ['-q', ...user, join(folder, 'ini')], { stdio: ['ignore', 'inherit', 'inherit'] })
  for (let i = 0; ; i++) {
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) }).on('error', () => resolve(false))
    })
    if (open) break
    if (i === 100) throw new Error('pgbouncer does not listen')
    await sleep(100)
  }
  return { port, stop: () => { bouncer.kill(); rmSync(folder, { recursive: true }) } }
}

const { port, stop } = await start()

// connect ROLE: a new client of the pool
async function connect (role) {
  const { statement_timeout: ignored, ...where } = connection(role)
  const client = new pg.Client({ ...where, host: '127.0.0.1', port })
  await client.connect()
  return client
}

// inTransaction CLIENT FUNCTION: does it as one transaction, which keeps one server connection
async function inTransaction (client, f) {
  await client.query('BEGIN')
  try {
    const answer = await f()
    await client.query('COMMIT')
    return answer
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

// value CLIENT SQL PARAMETERS: the one value of the one row
async function value (client, text, values) {
  const { rows } = await client.query({ text, values, rowMode: 'array' })
  return rows[0][0]
}

try {
  await test('twenty clients work at once on two connections, each command as a whole', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect('application')))
    const backends = new Set()
    const orders = await Promise.all(clients.map(async (client, i) => {
      let id
      for (let n = 0; n < 5; n++) {
        id = await value(client, 'SELECT oms.place_order($1)', [order(`pool-${i}-${n}`)])
        backends.add(await value(client, 'SELECT pg_backend_pid()'))
        assert.equal(await value(client, 'SELECT oms.pack($1, 1)', [id]), 'packed')
        assert.equal(await inTransaction(client, async () => {
          await client.query('SELECT oms.ship($1, 1)', [id])
          return value(client, 'SELECT oms.capture($1, 1, NULL, $2)', [id, `pool ${i} ${n}`])
        }), 'captured')
      }
      return id
    }))
    assert.equal(new Set(orders).size, 20)
    assert.ok(backends.size <= 2, `${backends.size} backends`)
    assert.equal(await value(clients[0], "SELECT count(*) FROM oms.orders WHERE reference LIKE 'pool-%' AND status = 'shipped'"), '100')
    await Promise.all(clients.map((client) => client.end()))
  })

  await test('clients whose transactions cross see what others have committed', async () => {
    const [a, b, owner] = [await connect('application'), await connect('application'), await connect('owner')]
    const channel = `pool-${process.pid}`
    // both connections get to know the channel, then somebody changes it
    await owner.query('SELECT oms.put_channel($1)', [{ code: channel, currency: 'EUR' }])
    const place = (client, n) => value(client, 'SELECT oms.place_order($1)', [order(`cross-${n}`, { channel })])
    await Promise.all([inTransaction(a, () => place(a, 1)), inTransaction(b, () => place(b, 2))])
    await owner.query('SELECT oms.put_channel($1)', [{ code: channel, currency: 'USD' }])
    const ids = await Promise.all([inTransaction(a, () => place(a, 3)), inTransaction(b, () => place(b, 4))])
    for (const id of ids) assert.equal(await value(a, 'SELECT currency FROM oms.orders WHERE order_id = $1', [id]), 'USD')
    // one stays open meanwhile, and nothing of it is seen
    await a.query('BEGIN')
    const open = await place(a, 5)
    assert.equal(await value(b, 'SELECT count(*) FROM oms.orders WHERE order_id = $1', [open]), '0')
    await a.query('ROLLBACK')
    await Promise.all([a, b, owner].map((client) => client.end()))
  })

  await test('an error of one client leaves nothing for the next', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect('application')))
    await Promise.all(clients.map(async (client, i) => {
      const document = order(`failed-${i}`, { lines: [{ sku: 'TEE-M', quantity: 99999, unit_price: 1 }] })
      await assert.rejects(inTransaction(client, () => client.query('SELECT oms.place_order($1)', [document])), { code: 'OM001' })
      await value(client, 'SELECT oms.place_order($1)', [order(`failed-${i}`)])
    }))
    assert.equal(await value(clients[0], "SELECT count(*) FROM oms.orders WHERE reference LIKE 'failed-%'"), '4')
    await Promise.all(clients.map((client) => client.end()))
  })

  await test('who changes the role for a transaction has no more than that role', async () => {
    const owner = await connect('owner')
    const as = (role, text, values) => inTransaction(owner, async () => {
      await owner.query(`SET LOCAL ROLE clients_${role}`)
      return value(owner, text, values)
    })
    for (let n = 0; n < 3; n++) {
      await as('application', 'SELECT oms.place_order($1)', [order(`role-${n}`)])
      await assert.rejects(as('reader', 'SELECT oms.place_order($1)', [order(`role-reader-${n}`)]), { code: '42501' })
      await assert.rejects(as('reader', 'SELECT oms.cancel_order(1, $1)', ['none']), { code: '42501' })
      await value(owner, 'SELECT oms.place_order($1)', [order(`role-owner-${n}`)])
    }
    await owner.end()
  })

  await test('the clock that an owner moves for a transaction stands still for it alone', async () => {
    const owner = await connect('owner')
    const application = await connect('application')
    assert.equal(await inTransaction(owner, async () => {
      await owner.query("SET LOCAL oms.now = '2031-01-01 00:00+00'")
      return value(owner, 'SELECT extract(year FROM oms.now())::int')
    }), 2031)
    assert.equal(await value(owner, 'SELECT oms.now() = now()'), true)
    assert.equal(await value(application, 'SELECT oms.now() = now()'), true)
    await assert.rejects(application.query("SET oms.now = '2031-01-01 00:00+00'"), { code: '42501' })
    await Promise.all([owner.end(), application.end()])
  })

  await test('the search path of the role is there for each client', async () => {
    const client = await connect('application')
    assert.ok(Number(await value(client, "SELECT count(*) FROM oms.orders WHERE status = 'shipped' AND total > '1 EUR'")) > 0)
    await client.end()
  })

  await test(keepsPrepared ? 'statements that are prepared by name follow the client' : 'statements that are prepared by name are lost with the connection, as documented', async () => {
    // three clients, two connections: one of them meets the statement of another
    const clients = await Promise.all(Array.from({ length: 3 }, () => connect('application')))
    const prepare = (client) => client.query({ name: 'stock', text: 'SELECT oms.available($1)', values: ['TEE-M'] })
    const answers = await Promise.allSettled(clients.map(prepare))
    const failed = answers.filter((answer) => answer.status === 'rejected')
    assert.equal(failed.length > 0, !keepsPrepared)
    for (const { reason } of failed) assert.match(reason.code, /^(26000|42P05)$/)
    for (const client of clients) assert.match(await value(client, 'SELECT oms.available($1)', ['TEE-M']), /^\d+$/)
    await Promise.all(clients.map((client) => client.end()))
  })

  await test('a consumer reads by its cursor, since nobody wakes it up here', async () => {
    const client = await connect('application')
    let read = 0
    for (;;) {
      const { rows } = await client.query('SELECT * FROM oms.events_since($1, $2)', ['pool', 200])
      if (rows.length === 0) break
      read += rows.length
      await client.query('SELECT oms.acknowledge($1, $2::text)', ['pool', rows.at(-1).cursor])
    }
    assert.ok(read > 400)
    assert.equal(read, Number(await value(client, 'SELECT (SELECT count(*) FROM oms.event_history) + (SELECT count(*) FROM oms.subject_events)')))
    await client.end()
  })

  await test('the books are right after that', async () => {
    const client = await connect('owner')
    const { rows } = await client.query('SELECT * FROM oms.check_invariants()')
    assert.deepEqual(rows, [])
    await client.end()
  })
} finally {
  stop()
}
done()
