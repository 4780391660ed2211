// node-postgres and postgres.js: parameters, types, cursors over portals, errors, notices, cancel.

const assert = require('node:assert')
const { test } = require('node:test')
const { Client, Pool } = require('pg')
const Cursor = require('pg-cursor')
const postgres = require('postgres')

const address = { host: process.env.BLUESHIFT_HOST, port: Number(process.env.BLUESHIFT_PORT), user: 'admin', database: 'dev' }

async function connected(scene, options = {}) {
  const client = new Client({ ...address, ...options })
  await client.connect()
  try {
    return await scene(client)
  } finally {
    await client.end()
  }
}

test('values and parameters', () => connected(async (client) => {
  const { rows, command, rowCount } = await client.query(
    'select $1::int as i, $2::bigint as b, $3::varchar as t, $4::decimal(8,2) as n, null::date as d, true as l',
    [7, '9007199254740993', "it's", '1.5'])
  assert.deepEqual(rows, [{ i: 7, b: '9007199254740993', t: "it's", n: '1.50', d: null, l: true }])
  // As in PostgreSQL 8.0, the tag of SELECT has no number.
  assert.deepEqual([command, rowCount], ['SELECT', null])
}))

test('types of parameters are those of the columns', () => connected(async (client) => {
  await client.query('create temp table p (i int, t varchar(10), at timestamp, f float8)')
  const insert = { name: 'insert', text: 'insert into p values ($1, $2, $3, $4)' }
  for (const i of [1, 2, 3]) {
    const { rowCount } = await client.query({ ...insert, values: [i, 'x', '2020-02-29 01:02:03', 0.5] })
    assert.equal(rowCount, 1)
  }
  const { rows } = await client.query('select i, t, at::varchar as at, f from p where i > $1 order by i', [1])
  assert.deepEqual(rows.map(({ i, t, at, f }) => [i, t, at, f]), [2, 3].map((i) => [i, 'x', '2020-02-29 01:02:03', 0.5]))
}))

test('a cursor reads in portions', () => connected(async (client) => {
  await client.query('create temp table n as with recursive r(n) as (select 1 union all select n + 1 from r where n < 25) select n from r')
  const cursor = client.query(new Cursor('select n from n where n > $1 order by n', [5]))
  const portions = []
  for (let rows = await cursor.read(8); rows.length > 0; rows = await cursor.read(8)) {
    portions.push(rows.map((row) => row.n))
  }
  assert.deepEqual(portions.map((portion) => portion.length), [8, 8, 4])
  assert.deepEqual(portions.flat(), Array.from({ length: 20 }, (_, i) => i + 6))
  // One that is closed before its end.
  const closed = client.query(new Cursor('select n from n order by n'))
  assert.equal((await closed.read(1)).length, 1)
  await closed.close()
  assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
}))

test('an error has its fields', () => connected(async (client) => {
  const error = await client.query('select 1 frm t').then(() => null, (error) => error)
  assert.deepEqual([error.severity, error.code, error.message], ['ERROR', '42601', 'syntax error at or near "t"'])
  assert.deepEqual([error.position, error.routine], ['14', 'yyerror'])
  // In a block everything else fails with it.
  await client.query('begin')
  await assert.rejects(client.query('select * from nothing'), { code: '42P01' })
  await assert.rejects(client.query('select 1'), { code: '25P02' })
  await client.query('rollback')
}))

test('several statements give several results', () => connected(async (client) => {
  const results = await client.query('begin; select 1 as one; select 2 as two; commit')
  assert.deepEqual(results.map((result) => result.command), ['BEGIN', 'SELECT', 'SELECT', 'COMMIT'])
  assert.deepEqual(results[2].rows, [{ two: 2 }])
}))

test('notices arrive', () => connected(async (client) => {
  const notices = []
  client.on('notice', (notice) => notices.push([notice.severity, notice.code, notice.message]))
  await client.query('commit')
  assert.deepEqual(notices, [['WARNING', '25P01', 'there is no transaction in progress']])
}))

test('a statement runs out of time', () => connected(async (client) => {
  await client.query('create temp table d as select 1 as n union all select 2 union all select 3 union all select 4 union all select 5')
  const tables = Array.from({ length: 16 }, (_, i) => `d d${i}`).join(', ')
  await assert.rejects(client.query(`select count(*) from ${tables} where d0.n + d9.n + d15.n = 0`), { code: '57014' })
}, { statement_timeout: 2000 }))

test('a pool', async () => {
  const pool = new Pool({ ...address, max: 2 })
  const answers = await Promise.all([1, 2, 3, 4].map((n) => pool.query('select $1::int as n', [n])))
  assert.deepEqual(answers.map(({ rows }) => rows[0].n), [1, 2, 3, 4])
  await pool.end()
})

test('postgres.js', async () => {
  // It asks for the types of arrays when it connects.
  const sql = postgres({ ...address, max: 1, onnotice: () => {} })
  assert.deepEqual([...await sql`select ${5}::int as five, ${'x'}::varchar as x`], [{ five: 5, x: 'x' }])
  await sql`create table js (i int, t varchar(10))`
  await sql`insert into js ${sql([{ i: 1, t: 'a' }, { i: 2, t: 'b' }], 'i', 't')}`
  await assert.rejects(sql.begin(async (sql) => {
    await sql`delete from js`
    await sql`select * from nothing`
  }), { code: '42P01' })
  assert.deepEqual([...await sql`select t from js where i in ${sql([1, 2])} order by i`].map(({ t }) => t), ['a', 'b'])
  const seen = []
  await sql`select i from js order by i`.cursor(1, ([row]) => { seen.push(row.i) })
  assert.deepEqual(seen, [1, 2])
  await sql.end()
})
