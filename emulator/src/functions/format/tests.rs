//! Values from the examples of the developer guide's pages, and of PostgreSQL's table "to_char Examples".

use crate::functions::testing::{check, check_errors, check_types};

#[test]
fn moments_are_written() {
    check(&[
        // TO_CHAR
        ("to_char(timestamp '2009-12-31 23:15:59', 'MONTH-DY-DD-YYYY HH12:MIPM')", "DECEMBER -THU-31-2009 11:15PM"),
        ("to_char(timestamp '2009-12-31 23:15:59', 'DDD')", "365"),
        ("to_char(timestamp '2022-05-16 23:15:59', 'ID')", "1"),
        ("trim(to_char(date '2009-12-31', 'MONTH'))", "DECEMBER"),
        ("to_char(timestamp '2008-01-25 14:30:00', 'HH12:MI:SS')", "02:30:00"),
        ("to_char(timestamp '2008-01-25 14:30:00', 'MON-DD-YYYY HH12:MIPM')", "JAN-25-2008 02:30PM"),
        ("to_char(timestamp '2009-12-31 23:15:59','HH24:MI:SS')", "23:15:59"),
        ("to_char(timestamp '2008-02-18 02:36:48', 'cc')", "21"),
        ("to_char(timestamp '2008-01-25 14:30:00', 'HH12:MI:SS TZ')", "02:30:00 UTC"),
        ("to_char(timestamp '2015-04-10 18:45:09.325143', 'HH24:MI:SS.MS')", "18:45:09.325"),
        ("to_char(timestamp '2015-04-10 18:45:09.325143', 'HH24:MI:SS:US')", "18:45:09:325143"),
        ("to_char(date '2024-07-04', 'FMMonth FMDDth, YYYY')", "July 4th, 2024"),
        ("to_char(date '2024-07-04', 'Day')", "Thursday "),
        ("to_char(date '2024-07-04', 'Q WW IW J')", "3 27 27 2460496"),
        ("to_char(date '2024-07-04', 'YY\"YY\"Y')", "24YY4"),
        ("to_char(date '2024-12-30', 'IYYY-IW-ID')", "2025-01-1"),
        ("to_char(timestamptz '2024-07-04 10:00+00', 'YYYY-MM-DD HH24:MI OF')", "2024-07-04 10:00 +00"),
        ("to_char(date '2024-07-04', null)", "NULL"),
    ]);
}

#[test]
fn numbers_are_written() {
    check(&[
        // TO_CHAR
        ("to_char(-125.8, '999D99S')", "125.80-"),
        ("to_char(-125.88, '$S999D99')", "$-125.88"),
        ("to_char(-125.88, '$999D99PR')", "$<125.88>"),
        ("trim(to_char(125, 'RN'))", "CXXV"),
        ("trim(to_char(618.80, 'rn'))", "dcxix"),
        ("to_char(618.80, 'l99999D99')", "$   618.80"),
        ("to_char(64.60, 'l99999D99')", "$    64.60"),
        // PostgreSQL, table "to_char Examples"
        ("to_char(-0.1, '99.99')", "  -.10"),
        ("to_char(-0.1, 'FM9.99')", "-.1"),
        ("to_char(0.1, '0.9')", " 0.1"),
        ("to_char(12, '9990999.9')", "    0012.0"),
        ("to_char(12, 'FM9990999.9')", "0012."),
        ("to_char(485, '999')", " 485"),
        ("to_char(-485, '999')", "-485"),
        ("to_char(485, '9 9 9')", " 4 8 5"),
        ("to_char(1485, '9,999')", " 1,485"),
        ("to_char(1485, '9G999')", " 1,485"),
        ("to_char(148.5, '999.999')", " 148.500"),
        ("to_char(148.5, 'FM999.999')", "148.5"),
        ("to_char(148.5, 'FM999.990')", "148.500"),
        ("to_char(3148.5, '9G999D999')", " 3,148.500"),
        ("to_char(-485, '999S')", "485-"),
        ("to_char(-485, '999MI')", "485-"),
        ("to_char(485, '999MI')", "485 "),
        ("to_char(485, 'FM999MI')", "485"),
        ("to_char(485, 'PL999')", "+ 485"),
        ("to_char(485, 'SG999')", "+485"),
        ("to_char(-485, 'SG999')", "-485"),
        ("to_char(-485, '9SG99')", "4-85"),
        ("to_char(-485, '999PR')", "<485>"),
        ("to_char(485, '999th')", " 485th"),
        ("to_char(485, '\"Good number:\"999')", "Good number: 485"),
        ("to_char(12, '99V999')", " 12000"),
        ("to_char(12.4, '99V999')", " 12400"),
        ("to_char(1234, '99')", " ##"),
        ("to_char(0, '9')", " 0"),
        ("to_char(1e0, '9.9')", " 1.0"),
        ("to_char(5, '000')", " 005"),
    ]);
}

#[test]
fn dates_are_read() {
    check(&[
        // TO_DATE
        ("to_date('02 Oct 2001', 'DD Mon YYYY')", "2001-10-02"),
        ("to_date('20010631', 'YYYYMMDD', 'f')", "2001-07-01"),
        ("to_date('20240229', 'YYYYMMDD')", "2024-02-29"),
        ("to_date('2/9/24', 'MM/DD/YY')", "2024-02-09"),
        ("to_date('2024-060', 'YYYY-DDD')", "2024-02-29"),
        ("to_date('February 9, 1999', 'Month DD, YYYY')", "1999-02-09"),
        ("to_date('2024-01-15 10:00:00', 'YYYY-MM-DD')", "2024-01-15"),
        // TO_TIMESTAMP
        ("to_timestamp('2021-04-05 19:27:53.281812', 'YYYY-MM-DD HH24:MI:SS')", "2021-04-05 19:27:53+00"),
        ("to_timestamp(timestamp '2021-04-05 19:27:53.281812', 'YYYY-MM-DD HH24:MI:SS')", "2021-04-05 19:27:53+00"),
        ("to_timestamp('2017','YYYY')", "2017-01-01 00:00:00+00"),
        ("to_timestamp('2011-12-18 24:38:15', 'YYYY-MM-DD HH24:MI:SS')", "2011-12-19 00:38:15+00"),
        ("to_timestamp('05/12/2024 11:30 PM', 'DD/MM/YYYY HH:MI AM')", "2024-12-05 23:30:00+00"),
        ("to_timestamp('20240105103015', 'YYYYMMDDHH24MISS')", "2024-01-05 10:30:15+00"),
        ("to_timestamp('2024-01-05 10:30:15.25', 'YYYY-MM-DD HH24:MI:SS.MS')", "2024-01-05 10:30:15.25+00"),
    ]);
    check_types(&[("to_timestamp('2017','YYYY')", "timestamp with time zone"), ("to_date('2017','YYYY')", "date")]);
    check_errors(&[
        ("to_date('20010631', 'YYYYMMDD', 't')", "22008", "date/time field date value out of range: 2001-6-31"),
        (
            "to_timestamp('2011-12-18 24:38:15', 'YYYY-MM-DD HH24:MI:SS', 't')",
            "22008",
            "date/time field time value out of range: 24:38:15.0",
        ),
        ("to_date('xyz', 'YYYY-MM-DD')", "22007", "invalid value \"xyz\" for \"YYYY\""),
        ("to_date('2024-13-01', 'YYYY-MM-DD')", "22008", "date/time field date value out of range: 2024-13-1"),
    ]);
}

#[test]
fn numbers_are_read() {
    check(&[
        // TO_NUMBER
        ("to_number('12,454.8-', '99G999D9S')", "-12454.8"),
        ("to_number('$ 12,454.88', 'L 99G999D99')", "12454.88"),
        ("to_number('12.345','99D999')", "12.345"),
        ("to_number('<12>', '99PR')", "-12"),
    ]);
    check_types(&[("to_number('12.345','99D999')", "numeric(5,3)")]);
    check_errors(&[("to_number('abc', '999')", "22P02", "invalid input syntax for type numeric: \"abc\"")]);
}
