// test/clients/tap.mjs: what the clients in JavaScript share: tests, roles, what is plain

import assert from 'node:assert/strict'

let number = 0

// test NAME FUNCTION: passes if the function throws nothing
export async function test (name, f) {
  try {
    await f()
    console.log(`ok ${++number} - ${name}`)
  } catch (error) {
    console.log(`not ok ${++number} - ${name}`)
    console.log(String(error.stack).slice(0, 3000).replace(/^/gm, '#   '))
    process.exitCode = 1
  }
}

export { assert }

// done: says how many tests there were
export function done () {
  console.log(`1..${number}`)
}

const { PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD } = process.env

// connection ROLE: how to connect as application, reader or owner
export function connection (role) {
  const login = role === 'owner'
    ? { user: PGUSER, password: PGPASSWORD }
    : { user: `clients_${role}`, password: 'clients' }
  return { host: PGHOST, port: Number(PGPORT), database: PGDATABASE, statement_timeout: 30000, ...login }
}

// url ROLE: the same as an address
export function url (role) {
  const c = connection(role)
  return `postgresql://${c.user}:${encodeURIComponent(c.password)}@${c.host}:${c.port}/${c.database}`
}

// order REFERENCE CHANGES: the document of a small order
export function order (reference, changes = {}) {
  return {
    channel: 'web',
    reference,
    customer: { email: 'a@b.example', name: 'Ana B', reference: 'C-77' },
    ship_to: { name: 'Ana "B" \\ Ção 🙂', city: 'Porto', postcode: '4000-001', country: 'PT', lat: 41.15, lon: -8.61 },
    lines: [{ sku: 'TEE-M', quantity: 2, unit_price: '12.50', tax: '0' }],
    shipping: { price: '4.90', tax: '0' },
    payments: [{ method: 'card', provider: 'psp', reference: `pi_${reference}`, amount: '29.90', status: 'authorized' }],
    ...changes
  }
}
