//! Values from the examples of the developer guide's pages, which the comments name.

use crate::{
    functions::testing::{Leaves, check, check_errors, check_types, context, evaluate_in},
    text_input::zone::Zone,
};

#[test]
fn date_add() {
    // DATEADD
    check(&[
        ("dateadd(day,30,date '2008-11-01')", "2008-12-01 00:00:00"),
        ("dateadd(month,18,'2008-02-28')", "2009-08-28 00:00:00"),
        ("dateadd(m,30,'2008-02-28')", "2008-02-28 00:30:00"),
        ("dateadd(hour, 8, time '13:24:55')", "21:24:55"),
        ("dateadd(hour, 12, time '13:24:55')", "01:24:55"),
        ("dateadd(minute, 5, time '00:00:00.5550')", "00:05:00.555"),
        ("dateadd(hour, 2, timetz '13:24:55 PST')", "23:24:55+00"),
        ("dateadd(month,1,'2008-04-30')", "2008-05-30 00:00:00"),
        ("dateadd(month,12,'2016-02-29')", "2017-02-28 00:00:00"),
        ("dateadd(year, 1, '2016-02-29')", "2017-03-01 00:00:00"),
        ("dateadd('week', -1, timestamp '2024-01-08 10:00')", "2024-01-01 10:00:00"),
        ("dateadd(ms, 1500, timestamp '2024-01-01')", "2024-01-01 00:00:01.50"),
        ("dateadd(quarter, 1, date '2024-11-30')", "2025-02-28 00:00:00"),
        ("dateadd(day, null, date '2024-11-30')", "NULL"),
        ("dateadd(day,1,'today')", "2024-03-01 00:00:00"),
        ("date_add('day', 1, timestamptz '2024-01-01 00:00+00')", "2024-01-02 00:00:00+00"),
    ]);
    check_types(&[
        ("dateadd(day,30,date '2008-11-01')", "timestamp without time zone"),
        ("dateadd(day,30,timestamptz '2008-11-01')", "timestamp with time zone"),
        ("dateadd(hour,30,time '10:00')", "time without time zone"),
    ]);
    check_errors(&[
        ("dateadd(fortnight, 1, date '2024-01-01')", "22023", "timestamp units \"fortnight\" not recognized"),
        ("dateadd(day, 1, time '10:00')", "0A000", "time units \"day\" not supported"),
        (
            "dateadd(day, 1, '2024-01-01'::varchar(10))",
            "42883",
            "function pg_catalog.date_add(\"unknown\", integer, character varying) does not exist",
        ),
        ("dateadd(year, 1000000, date '2024-01-01')", "22008", "timestamp out of range"),
    ]);
}

#[test]
fn date_diff() {
    // DATEDIFF
    check(&[
        ("datediff(week,'2009-01-01','2009-12-31')", "52"),
        ("datediff(hour, '2023-01-01', '2023-01-03 05:04:03')", "53"),
        ("datediff(day, date '2009-01-01', date '2009-03-23')", "81"),
        ("datediff(day, date '2023-01-04', date '2024-05-04')", "486"),
        ("datediff(qtr, '1998-07-01', date '2008-06-05')", "39"),
        ("datediff(hour, time '20:00:00', time '15:24:45')", "-5"),
        ("datediff(hour, time '00:00:00.5550', time '15:24:45')", "15"),
        ("datediff(minute, time '20:00:00', time '21:00:00')", "60"),
        ("datediff(hours, timetz '20:00:00 PST', timetz '00:58:00 EST')", "1"),
        ("datediff(year, timestamp '2008-12-31', timestamp '2009-01-01')", "1"),
        ("datediff(hour, timestamp '2009-01-01 8:30', timestamp '2009-01-01 10:00')", "2"),
        ("datediff(second, date '1970-01-01', timestamp '2024-01-01')", "1704067200"),
        ("datediff(month, date '2024-01-31', date '2024-02-01')", "1"),
        ("date_diff('century', '2000-01-01', '2001-01-01')", "0"),
    ]);
    check_types(&[("datediff(day, date '2009-01-01', date '2009-03-23')", "bigint")]);
}

#[test]
fn parts() {
    check(&[
        // DATE_PART
        ("date_part(minute, timestamp '20230104 04:05:06.789')", "5"),
        ("date_part(week, timestamp '20220502 04:05:06.789')", "18"),
        ("date_part(day, timestamp '20220502 04:05:06.789')", "2"),
        ("date_part(dayofweek, timestamp '20220502 04:05:06.789')", "1"),
        ("date_part(century, timestamp '20220502 04:05:06.789')", "21"),
        ("date_part(millennium, timestamp '20220502 04:05:06.789')", "3"),
        ("date_part(microsecond, timestamp '20220502 04:05:06.789')", "789000"),
        ("date_part(month, date '20220502')", "5"),
        ("date_part(w, timestamp '2008-06-17 09:44:54')", "25"),
        ("date_part(dow, timestamp '2008-01-05 14:00:00')", "6"),
        ("date_part(epoch, timestamp '2008-01-01 20:00:00')", "1199217600"),
        // Date parts: variations in results
        ("extract(sec from timestamp '2009-09-21 11:10:03.189717')", "3"),
        ("date_part(sec, timestamp '2009-09-21 11:10:03.189717')", "3.189717"),
        ("extract(century from timestamp '2000-12-16 12:21:13')", "20"),
        ("extract(century from timestamp '2001-12-16 12:21:13')", "21"),
        ("extract(decade from timestamp '1999-02-16 20:38:40')", "200"),
        ("extract(decade from timestamp '2000-02-16 20:38:40')", "201"),
        ("extract(mil from timestamp '2000-12-16 12:21:13')", "2"),
        ("extract(mil from timestamp '2001-12-16 12:21:13')", "3"),
        // EXTRACT
        ("extract(minute from timestamp '2009-09-09 12:08:43')", "8"),
        ("extract(ms from timestamp '2009-09-09 12:08:43.101')", "101"),
        ("extract(year from timestamptz '1.12.1997 07:37:16.00 PST')", "1997"),
        ("extract(ms from time '18:25:33.123456')", "123"),
        ("extract(hour from timetz '04:00:00+00')", "4"),
        ("extract(quarter from date '2024-08-01')", "3"),
        ("extract(doy from date '2024-12-31')", "366"),
        ("extract(epoch from date '2040-01-01')", "2208988800"),
        ("extract(day from interval '3 days 4 hours')", "3"),
        // DATE_PART_YEAR
        ("date_part_year(date '20220502')", "2022"),
    ]);
    check_types(&[
        ("date_part(minute, timestamp '20230104 04:05:06.789')", "double precision"),
        ("extract(year from date '2024-01-01')", "integer"),
        ("extract(year from timestamptz '2024-01-01')", "double precision"),
    ]);
    check_errors(&[
        ("extract(day from time '10:00')", "0A000", "time without time zone units \"day\" not supported"),
        (
            "extract(timezone from timestamp '2024-01-01')",
            "0A000",
            "timestamp without time zone units \"timezone\" not supported",
        ),
    ]);
}

#[test]
fn date_trunc() {
    // DATE_TRUNC
    let moment = "TIMESTAMP '20200430 04:05:06.789'";
    for (part, expected) in [
        ("second", "2020-04-30 04:05:06"),
        ("minute", "2020-04-30 04:05:00"),
        ("hour", "2020-04-30 04:00:00"),
        ("day", "2020-04-30 00:00:00"),
        ("month", "2020-04-01 00:00:00"),
        ("quarter", "2020-04-01 00:00:00"),
        ("year", "2020-01-01 00:00:00"),
        ("millennium", "2001-01-01 00:00:00"),
        ("week", "2020-04-27 00:00:00"),
        ("decade", "2020-01-01 00:00:00"),
        ("century", "2001-01-01 00:00:00"),
    ] {
        check(&[(&format!("date_trunc('{part}', {moment})"), expected)]);
    }
    check(&[
        ("date_trunc('week', timestamp '20220430 04:05:06.789')", "2022-04-25 00:00:00"),
        ("date_trunc('mon', date '2022-04-30')", "2022-04-01 00:00:00"),
        ("date_trunc('day', timestamp '1969-12-31 23:00')", "1969-12-31 00:00:00"),
    ]);
}

#[test]
fn months_and_weekdays() {
    check(&[
        // ADD_MONTHS
        ("add_months('2008-03-31',1)", "2008-04-30 00:00:00"),
        ("add_months('2008-04-30',1)", "2008-05-31 00:00:00"),
        ("add_months(date '2008-01-15', -2)", "2007-11-15 00:00:00"),
        // LAST_DAY
        ("last_day(date '2008-02-03')", "2008-02-29"),
        ("last_day(timestamp '2014-01-15 10:00')", "2014-01-31"),
        // MONTHS_BETWEEN
        ("months_between('1969-01-18', '1969-03-18')", "-2"),
        ("months_between(date '2014-08-31', date '2014-09-30')", "-1"),
        ("round(months_between(timestamp '2008-12-25 15:00:00', timestamp '2008-01-21 19:30:00'), 2)", "11.12"),
        // NEXT_DAY
        ("next_day('2014-08-20','Tuesday')", "2014-08-26"),
        ("next_day(date '2008-07-07','mon')", "2008-07-14"),
        ("next_day(timestamp '2008-07-06 10:00','Monday')", "2008-07-07"),
        // TRUNC
        ("trunc(timestamp '2011-07-21 10:32:38.248109')", "2011-07-21"),
    ]);
}

#[test]
fn zones() {
    check(&[
        // CONVERT_TIMEZONE
        ("convert_timezone('PST', timestamp '2008-08-24 09:36:12')", "2008-08-24 01:36:12"),
        ("convert_timezone('US/Pacific', timestamp '2008-08-24 09:36:12')", "2008-08-24 02:36:12"),
        ("convert_timezone('EST', 'PST', '20080305 12:25:29')", "2008-03-05 09:25:29"),
        ("convert_timezone('America/New_York', '2013-06-01 08:00:00')", "2013-06-01 04:00:00"),
        ("convert_timezone('GMT','NEWZONE-2:15','2014-05-17 12:00:00')", "2014-05-17 14:15:00"),
        // AT TIME ZONE
        ("timestamp '2001-02-16 20:38:40' at time zone 'MST'", "2001-02-17 03:38:40+00"),
        ("timestamp with time zone '2001-02-16 20:38:40-05' at time zone 'MST'", "2001-02-16 18:38:40"),
    ]);
    check_errors(&[(
        "convert_timezone('nowhere', timestamp '2024-01-01')",
        "22023",
        "time zone \"nowhere\" not recognized",
    )]);
}

#[test]
fn comparisons() {
    check(&[
        ("date_cmp(date '2008-01-03', '2008-01-04')", "-1"),
        ("timestamp_cmp('2008-01-24 06:43:29', '2008-01-24 06:43:29')", "0"),
        ("timestamp_cmp_date(timestamp '2009-06-18 10:00', date '2009-06-18')", "1"),
        ("date_cmp_timestamp('2008-06-18', '2008-06-18 00:00:01')", "-1"),
        // INTERVAL_CMP
        ("interval_cmp('3 days','1 year')", "-1"),
        ("interval_cmp('7 days','1 week')", "0"),
    ]);
}

#[test]
fn the_present_is_the_statements_or_the_transactions() {
    check(&[
        ("current_date", "2024-02-29"),
        ("sysdate", "2024-02-29 10:45:32.021394"),
        ("getdate()", "2024-02-29 10:45:32"),
        ("trunc(sysdate)", "2024-02-29"),
        ("now()", "2024-02-29 10:45:32.021394+00"),
        ("timeofday()", "Thu Feb 29 10:45:32.021394 2024 UTC"),
        ("last_day(sysdate)", "2024-02-29"),
    ]);
    let mut ctx = context();
    std::sync::Arc::make_mut(&mut ctx.session).time_zone = Zone::Named(chrono_tz::Asia::Tokyo);
    let value = |sql: &str| evaluate_in(sql, Leaves::Constants, ctx.clone()).expect("a value").0;
    assert_eq!(value("getdate()"), "2024-02-29 19:45:32");
    assert_eq!(value("date_trunc('day', timestamptz '2024-02-29 20:00+00')"), "2024-02-29 15:00:00+00");
    assert_eq!(value("extract(hour from timestamptz '2024-02-29 20:00+00')"), "5");
    assert_eq!(value("extract(timezone_hour from timestamptz '2024-02-29 20:00+00')"), "9");
}
