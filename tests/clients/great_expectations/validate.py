"""Great Expectations: its data source for Redshift on the warehouse whose address is the argument, a table, one
month of it, and expectations of all kinds, with what each has to find."""

import sys

import great_expectations as gx
import great_expectations.expectations as gxe
import sqlalchemy

ADDRESS = sys.argv[1]
TABLES = [
    "create schema shop",
    """create table shop.orders (id int not null primary key, customer int, placed timestamp, day date, note varchar(40), amount decimal(8,2),
       share float8, paid boolean, details super, at timestamptz)""",
    """insert into shop.orders values
       (1, 7, '2024-02-29 23:04:05', '2024-02-29', 'first', 150, 0.5, true, json_parse('{"a": 1}'), '2024-02-29 23:04:05+00'),
       (2, 7, '2024-03-01 01:00:00', '2024-03-01', null, 50, 0.25, false, null, null),
       (3, 8, '2024-03-05 12:00:00', '2024-03-05', 'a-17', 25, 0.25, true, null, null)""",
]

# An expectation, and whether it is met.
EXPECTATIONS = [
    (gxe.ExpectTableRowCountToEqual(value=3), True),
    (gxe.ExpectTableRowCountToBeBetween(min_value=4, max_value=5), False),
    (gxe.ExpectTableColumnCountToEqual(value=10), True),
    (gxe.ExpectTableColumnsToMatchOrderedList(
        column_list=["id", "customer", "placed", "day", "note", "amount", "share", "paid", "details", "at"]), True),
    (gxe.ExpectColumnToExist(column="amount"), True),
    (gxe.ExpectColumnToExist(column="nothing"), False),
    (gxe.ExpectColumnValuesToBeOfType(column="id", type_="INTEGER"), True),
    (gxe.ExpectColumnValuesToBeOfType(column="note", type_="VARCHAR"), True),
    (gxe.ExpectColumnValuesToBeOfType(column="amount", type_="DECIMAL"), True),
    (gxe.ExpectColumnValuesToBeOfType(column="at", type_="TIMESTAMPTZ"), True),
    (gxe.ExpectColumnValuesToBeOfType(column="details", type_="SUPER"), True),
    (gxe.ExpectColumnValuesToBeInTypeList(column="share", type_list=["DOUBLE_PRECISION", "REAL"]), True),
    (gxe.ExpectColumnValuesToNotBeNull(column="id"), True),
    (gxe.ExpectColumnValuesToNotBeNull(column="note"), False),
    (gxe.ExpectColumnValuesToNotBeNull(column="note", mostly=0.6), True),
    (gxe.ExpectColumnValuesToBeNull(column="at"), False),
    (gxe.ExpectColumnValuesToBeUnique(column="id"), True),
    (gxe.ExpectColumnValuesToBeUnique(column="customer"), False),
    (gxe.ExpectCompoundColumnsToBeUnique(column_list=["customer", "day"]), True),
    (gxe.ExpectColumnValuesToBeInSet(column="customer", value_set=[7, 8]), True),
    (gxe.ExpectColumnValuesToNotBeInSet(column="customer", value_set=[8]), False),
    (gxe.ExpectColumnDistinctValuesToBeInSet(column="customer", value_set=[7, 8, 9]), True),
    (gxe.ExpectColumnDistinctValuesToEqualSet(column="customer", value_set=[7, 8]), True),
    (gxe.ExpectColumnMostCommonValueToBeInSet(column="customer", value_set=[7]), True),
    (gxe.ExpectColumnUniqueValueCountToBeBetween(column="customer", min_value=2, max_value=2), True),
    (gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(column="id", min_value=1, max_value=1), True),
    (gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=25, max_value=150), True),
    (gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=30), False),
    (gxe.ExpectColumnMinToBeBetween(column="amount", min_value=25, max_value=25), True),
    (gxe.ExpectColumnMaxToBeBetween(column="amount", min_value=150, max_value=150), True),
    (gxe.ExpectColumnSumToBeBetween(column="amount", min_value=225, max_value=225), True),
    (gxe.ExpectColumnMeanToBeBetween(column="amount", min_value=75, max_value=75), True),
    (gxe.ExpectColumnMedianToBeBetween(column="amount", min_value=50, max_value=50), True),
    # Of 150, 50 and 25: the square root of 4375.
    (gxe.ExpectColumnStdevToBeBetween(column="amount", min_value=66.14, max_value=66.15), True),
    (gxe.ExpectColumnQuantileValuesToBeBetween(
        column="amount", quantile_ranges={"quantiles": [0.0, 1.0], "value_ranges": [[25, 25], [150, 150]]}, allow_relative_error=False), True),
    (gxe.ExpectColumnValueLengthsToBeBetween(column="note", min_value=4, max_value=5), True),
    (gxe.ExpectColumnValueLengthsToEqual(column="note", value=5), False),
    (gxe.ExpectColumnValuesToMatchRegex(column="note", regex="^[a-z]"), True),
    (gxe.ExpectColumnValuesToNotMatchRegex(column="note", regex="[0-9]+"), False),
    (gxe.ExpectColumnValuesToMatchLikePattern(column="note", like_pattern="%t"), False),
    (gxe.ExpectColumnPairValuesToBeEqual(column_A="id", column_B="customer"), False),
    (gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="customer", column_B="id"), True),
    (gxe.ExpectMulticolumnSumToEqual(column_list=["id", "customer"], sum_total=8), False),
    (gxe.UnexpectedRowsExpectation(unexpected_rows_query="select * from {batch} where amount > 1000"), True),
    (gxe.UnexpectedRowsExpectation(unexpected_rows_query="select * from {batch} where not paid"), False),
]


def check(batch, expectation, expected):
    result = batch.validate(expectation)
    assert "exception_message" in result.exception_info and not result.exception_info["raised_exception"], result.exception_info
    assert bool(result.success) is expected, (expectation, result.to_json_dict())
    print(type(expectation).__name__, "passed")


engine = sqlalchemy.create_engine(ADDRESS)
with engine.begin() as connection:
    for statement in TABLES:
        connection.execute(sqlalchemy.text(statement))
context = gx.get_context(mode="ephemeral")
source = context.data_sources.add_redshift("warehouse", connection_string=ADDRESS)
source.test_connection()
table = source.add_table_asset("orders", table_name="orders", schema_name="shop")
whole = table.add_batch_definition_whole_table("all").get_batch()
assert sorted(whole.columns()) == sorted(["id", "customer", "placed", "day", "note", "amount", "share", "paid", "details", "at"])
for expectation, expected in EXPECTATIONS:
    check(whole, expectation, expected)
# The days of one month. (A query cannot be an asset on Redshift: the columns of its text are asked for without parentheses.)
march = table.add_batch_definition_monthly("by month", "day").get_batch({"year": "2024", "month": "03"})
check(march, gxe.ExpectTableRowCountToEqual(value=2), True)
