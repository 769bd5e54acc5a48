// test/clients/prisma.config.mjs: has Prisma's CLI look around by node-postgres
//
// Its engine comes with the package as WebAssembly, for which this is the way; the
// adapter lacks a few types of the catalog, which are what the engine reads.

import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import { defineConfig } from 'prisma/config'

const CHAR = 18; const NAME = 19; const NAMES = 1003; const TEXT = 25; const TEXTS = 1009

class CatalogAdapterFactory extends PrismaPg {
  async connect () {
    const adapter = await super.connect()
    const { performIO, queryRaw } = adapter
    const chars = new WeakMap()
    adapter.performIO = async (query) => {
      const result = await performIO.call(adapter, query)
      chars.set(query, result.fields.map((field) => field.dataTypeID === CHAR))
      for (const field of result.fields) field.dataTypeID = { [CHAR]: TEXT, [NAME]: TEXT, [NAMES]: TEXTS }[field.dataTypeID] ?? field.dataTypeID
      return result
    }
    adapter.queryRaw = async (query) => {
      const result = await queryRaw.call(adapter, query)
      result.columnTypes = result.columnTypes.map((type, i) => chars.get(query)[i] ? ColumnTypeEnum.Character : type)
      return result
    }
    return adapter
  }
}

export default defineConfig({
  experimental: { adapter: true },
  engine: 'js',
  schema: 'schema.prisma',
  adapter: async () => new CatalogAdapterFactory({ connectionString: process.env.DATABASE_URL, idleTimeoutMillis: 10 })
})
