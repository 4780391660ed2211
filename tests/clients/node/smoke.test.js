// node-postgres and postgres.js: parameters, types, cursors over portals, large results, transactions, errors, notices, cancel.

const assert = require('node:assert')
const { test } = require('node:test')
const { Client, Pool, Query } = require('pg')
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

test('errors have their SQLSTATEs', () => connected(async (client) => {
  for (const [sql, code] of [['select nothing', '42703'], ['select 1 / 0', '22012'], ["select 'x'::int", '22P02'],
    ['select * from nothing', '42P01'], ['select nothing(1)', '42883'], ['drop schema nothing', '3F000']]) {
    await assert.rejects(client.query(sql), { code })
  }
}))

test('a cancel request of the driver itself', () => connected((client) => connected(async (other) => {
  const { rows: [{ pid }] } = await client.query('select pg_backend_pid() as pid')
  const query = new Query('with recursive r(n) as (select 1::bigint union all select n + 1 from r where n < 1000000000) select count(*) from r')
  const stopped = new Promise((resolve) => query.once('error', resolve))
  client.query(query)
  while ((await other.query('select 1 from stv_inflight where pid = $1', [pid])).rows.length === 0);
  new Client(address).cancel(client, query)
  assert.equal((await stopped).code, '57014')
  assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
})))

test('values of all types', () => connected(async (client) => {
  await client.query(`create temp table kinds (i2 smallint, i8 bigint, n decimal(18,4), f4 real, f8 float8, l bool, c char(5),
    v varchar(20), d date, t time, at timestamp, atz timestamptz, s super, b varbyte(10))`)
  const values = [-32768, '-9223372036854775808', '-99999999999999.9999', 0.5, -1.25e300, false, 'ab', "d\u00e9j\u00e0 'vu'", '1900-02-28',
    '23:59:59.25', '2020-02-29 01:02:03.456789', '2000-01-01 12:00:00+00']
  const places = values.map((_, i) => `$${i + 1}`).join(', ')
  await client.query(`insert into kinds select ${places}, json_parse('[1, null]'), to_varbyte('cafe', 'hex')`, values)
  const { rows: [row], fields } = await client.query(
    'select i2, i8, n, f4, f8, l, c, v, d::varchar as d, t, at::varchar as at, atz, s, b from kinds')
  assert.deepEqual(Object.values(row), [...values.slice(0, 6), 'ab   ', ...values.slice(7, 11), new Date('2000-01-01T12:00:00Z'), '[1,null]', 'cafe'])
  assert.deepEqual(fields.map((field) => field.dataTypeID), [21, 20, 1700, 700, 701, 16, 1042, 1043, 1043, 1083, 1043, 1184, 4000, 6551])
  assert.equal(fields[2].dataTypeModifier, ((18 << 16) | 4) + 4)
}))

test('what the catalog tells', () => connected(async (client) => {
  await client.query('create table described (id int not null primary key, name varchar(20))')
  const { rows } = await client.query(
    `select column_name, data_type, is_nullable, character_maximum_length as length from information_schema.columns
     where table_schema = $1 and table_name = $2 order by ordinal_position`, ['public', 'described'])
  assert.deepEqual(rows, [
    { column_name: 'id', data_type: 'integer', is_nullable: 'NO', length: null },
    { column_name: 'name', data_type: 'character varying', is_nullable: 'YES', length: 20 }])
}))

test('transactions', () => connected(async (client) => {
  await client.query('create table moved (i int)')
  await client.query('begin')
  await client.query('insert into moved values (1)')
  await client.query('rollback')
  await client.query('begin')
  await client.query('insert into moved values (2)')
  await client.query('commit')
  assert.deepEqual((await client.query('select i from moved')).rows, [{ i: 2 }])
}))

test('a large result', () => connected(async (client) => {
  const digits = Array.from({ length: 10 }, (_, i) => `select ${i} as n`).join(' union all ')
  await client.query(`create temp table digits as ${digits}`)
  const { rows } = await client.query(
    'select a.n * 1000 + b.n * 100 + c.n * 10 + d.n as n from digits a, digits b, digits c, digits d, digits e where e.n < 5')
  assert.deepEqual([rows.length, rows.reduce((sum, row) => sum + row.n, 0)], [50_000, 5 * 9999 * 10000 / 2])
}))

test('another session stops a statement', () => connected((client) => connected(async (other) => {
  const { rows: [{ pid }] } = await client.query('select pg_backend_pid() as pid')
  const endless = 'with recursive r(n) as (select 1::bigint union all select n + 1 from r where n < 1000000000) select count(*) from r'
  const stopped = assert.rejects(client.query(endless), { code: '57014' })
  while ((await other.query('select 1 from stv_inflight where pid = $1', [pid])).rows.length === 0);
  await other.query('select pg_cancel_backend($1::int)', [pid])
  await stopped
  assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
})))

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
