//! CONVERT_TIMEZONE, TIMEZONE and AT TIME ZONE.

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use crate::{
    binder::Typed,
    functions::registry::Call,
    text_input::{calendar::DAY, zone::Zone},
};

fn zone_named(name: &str) -> Result<Zone> {
    Zone::of_name(name)
        .ok_or_else(|| Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("time zone \"{name}\" not recognized")))
}

/// Zones by name; nearly always there is one for all rows.
#[derive(Default)]
struct Zones {
    last: std::cell::RefCell<Option<(String, Zone)>>,
}

impl Zones {
    fn get(&self, name: &str) -> Result<Zone> {
        let mut last = self.last.borrow_mut();
        if let Some((known, zone)) = last.as_ref()
            && known == name
        {
            return Ok(*zone);
        }
        let zone = zone_named(name)?;
        *last = Some((name.to_string(), zone));
        Ok(zone)
    }
}

/// CONVERT_TIMEZONE(target, timestamp): from UTC.
pub(super) fn convert(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Timestamp, |(), args| {
        let zones = Zones::default();
        args.map2(|target: &str, micros: i64| Ok(Some(zones.get(target)?.to_local(micros))))
    })
}

/// CONVERT_TIMEZONE(source, target, timestamp)
pub(super) fn convert_between(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Timestamp, |(), args| {
        let (sources, targets) = (Zones::default(), Zones::default());
        args.map3(|source: &str, target: &str, micros: i64| {
            let instant = sources.get(source)?.to_utc(micros);
            Ok(Some(targets.get(target)?.to_local(instant)))
        })
    })
}

/// What a zone's clocks show at an instant, or the instant at which they show a time.
pub(super) fn timezone(call: Call<'_>) -> Result<Typed> {
    match call.ty(1) {
        RedshiftType::TimestampTz => call.kernel(RedshiftType::Timestamp, |(), args| {
            let zones = Zones::default();
            args.map2(|zone: &str, micros: i64| Ok(Some(zones.get(zone)?.to_local(micros))))
        }),
        _ => call.kernel(RedshiftType::TimestampTz, |(), args| {
            let zones = Zones::default();
            args.map2(|zone: &str, micros: i64| Ok(Some(zones.get(zone)?.to_utc(micros))))
        }),
    }
}

/// A time of day in a zone, as a TIMETZ; a TIMETZ stays the same moment.
pub(super) fn timezone_of_time(call: Call<'_>) -> Result<Typed> {
    let now = call.ctx.session.transaction_start;
    let has_zone = call.ty(1) == RedshiftType::TimeTz;
    call.kernel_with((now, has_zone), RedshiftType::TimeTz, |(now, has_zone), args| {
        let zones = Zones::default();
        args.map2(|zone: &str, micros: i64| {
            let seconds = i64::from(zones.get(zone)?.seconds_at(*now));
            Ok(Some(if *has_zone { micros } else { (micros - seconds * 1_000_000).rem_euclid(DAY) }))
        })
    })
}
