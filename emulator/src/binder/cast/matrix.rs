//! Every pair of types, and how one becomes the other.
//!
//! Source: developer guide, "Type compatibility and conversion" (the table of implicit conversion types), "VARBYTE type",
//! "SUPER type" (limitations), "Querying spatial data" (casts between GEOMETRY and GEOGRAPHY), "TRY_CAST"; what Redshift says of
//! a BOOLEAN that is made a string, and of a string that is made a BOOLEAN, is known from its users.

use redshift_sql_dialect::RedshiftType;

use super::*;
use crate::functions::testing::context;

/// The types of columns, under the names that the tables below use.
const TYPES: [(&str, RedshiftType); 21] = [
    ("smallint", RedshiftType::Int2),
    ("integer", RedshiftType::Int4),
    ("bigint", RedshiftType::Int8),
    ("decimal", RedshiftType::Numeric { precision: 10, scale: 2 }),
    ("real", RedshiftType::Float4),
    ("double", RedshiftType::Float8),
    ("boolean", RedshiftType::Bool),
    ("char", RedshiftType::Char(40)),
    ("varchar", RedshiftType::Varchar(40)),
    ("date", RedshiftType::Date),
    ("time", RedshiftType::Time),
    ("timetz", RedshiftType::TimeTz),
    ("timestamp", RedshiftType::Timestamp),
    ("timestamptz", RedshiftType::TimestampTz),
    ("y2m", RedshiftType::YEAR_TO_MONTH),
    ("d2s", RedshiftType::DAY_TO_SECOND),
    ("super", RedshiftType::Super),
    ("varbyte", RedshiftType::Varbyte(40)),
    ("hllsketch", RedshiftType::HllSketch),
    ("geometry", RedshiftType::Geometry),
    ("geography", RedshiftType::Geography),
];

/// "The table following lists the data types that can be converted implicitly in assignments or expressions", and SUPER, which
/// takes numbers, strings and booleans.
const WITHOUT_CAST: [(&str, &str); 21] = [
    ("smallint", "bigint boolean char decimal double integer real varchar super"),
    ("integer", "bigint boolean char decimal double real smallint varchar super"),
    ("bigint", "boolean char decimal double integer real smallint varchar super"),
    ("decimal", "bigint char double integer real smallint varchar super"),
    ("real", "bigint char decimal integer smallint varchar double super"),
    ("double", "bigint char decimal integer real smallint varchar super"),
    ("boolean", "super"),
    ("char", "varchar decimal super"),
    // "Different types of character strings are compatible"; "If you compare DECIMAL values with character strings, Amazon
    // Redshift attempts to convert the character string to a DECIMAL value".
    ("varchar", "char decimal super"),
    ("date", "char varchar timestamp timestamptz"),
    ("time", "varchar timetz d2s"),
    ("timetz", "varchar time"),
    ("timestamp", "char date varchar timestamptz time"),
    // "TIMESTAMPTZ is converted to DATE, TIME, or TIMESTAMP".
    ("timestamptz", "char date varchar timestamp timetz time"),
    ("y2m", ""),
    ("d2s", "time"),
    ("super", ""),
    ("varbyte", ""),
    ("hllsketch", "char varchar"),
    ("geometry", "geography"),
    ("geography", "geometry"),
];

/// What CAST does beside that.
const WITH_CAST: [(&str, &str); 21] = [
    ("smallint", "varbyte"),
    ("integer", "varbyte"),
    ("bigint", "varbyte"),
    ("decimal", ""),
    ("real", ""),
    ("double", ""),
    ("boolean", "smallint integer bigint"),
    ("char", "smallint integer bigint real double date time timetz timestamp timestamptz y2m d2s varbyte hllsketch"),
    ("varchar", "smallint integer bigint real double date time timetz timestamp timestamptz y2m d2s varbyte hllsketch"),
    ("date", ""),
    ("time", "char"),
    ("timetz", "char"),
    ("timestamp", ""),
    ("timestamptz", ""),
    ("y2m", "char varchar"),
    ("d2s", "char varchar"),
    (
        "super",
        "smallint integer bigint decimal real double boolean char varchar date time timetz timestamp timestamptz y2m d2s \
         varbyte",
    ),
    ("varbyte", "char varchar"),
    ("hllsketch", ""),
    ("geometry", ""),
    ("geography", ""),
];

fn lists(table: &[(&str, &str)], from: &str, to: &str) -> bool {
    table.iter().any(|(name, targets)| *name == from && targets.split_whitespace().any(|target| target == to))
}

fn column(ty: RedshiftType) -> Typed {
    Typed::new(Expr::Column("c".into()), ty)
}

#[test]
fn every_pair_of_types() {
    let ctx = context();
    let mut wrong = Vec::new();
    for (from, source) in TYPES {
        for (to, target) in TYPES {
            let without = from == to || lists(&WITHOUT_CAST, from, to);
            let with = without || lists(&WITH_CAST, from, to);
            if is_assignable(source, target) != without {
                wrong.push(format!("INSERT of {from} into {to}: not {without}"));
            }
            let cast_to = cast(column(source), target, CastKind::Explicit, &ctx);
            if cast_to.is_ok() != with {
                wrong.push(format!("CAST of {from} to {to}: not {with}: {cast_to:?}"));
            }
            let Err(error) = cast_to else { continue };
            let message = format!("cannot cast type {} to {}", source.base_name(), target.base_name());
            if (error.sqlstate(), error.message()) != (SqlState::CANNOT_COERCE, message.as_str()) {
                wrong.push(format!("CAST of {from} to {to}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// "When comparing all other numeric values with character strings, the numeric values are converted to character strings"; what
/// one cannot be cast to the other is not compared.
#[test]
fn what_is_compared() {
    use redshift_sql_dialect::ast::BinaryOp;
    let ctx = context();
    let numbers = "smallint integer bigint decimal real double";
    let strings = "char varchar";
    let moments = "date timestamp timestamptz";
    let times = "time timetz";
    let groups: [Vec<&str>; 7] = [
        numbers.split(' ').chain(strings.split(' ')).collect(),
        moments.split(' ').chain(strings.split(' ')).collect(),
        times.split(' ').chain(strings.split(' ')).collect(),
        vec!["boolean", "smallint", "integer", "bigint"],
        vec!["y2m", "d2s"],
        vec!["varbyte"],
        vec!["hllsketch"],
    ];
    let in_super =
        ["super", "smallint", "integer", "bigint", "decimal", "real", "double", "boolean", "char", "varchar"];
    let mut wrong = Vec::new();
    for (left, source) in TYPES {
        for (right, target) in TYPES {
            // Spatial values have predicates, and no order.
            let both = |group: &Vec<&str>| group.contains(&left) && group.contains(&right);
            let dynamic =
                (left == "super" && in_super.contains(&right)) || (right == "super" && in_super.contains(&left));
            let expected = groups.iter().any(both) || dynamic;
            let compared = super::super::binary(BinaryOp::Eq, column(source), column(target), &ctx);
            if compared.is_ok() != expected {
                wrong.push(format!("{left} = {right}: not {expected}: {:?}", compared.map(|typed| typed.ty)));
            } else if let Err(error) = compared
                && error.sqlstate() != SqlState::UNDEFINED_FUNCTION
            {
                wrong.push(format!("{left} = {right}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// pg_cast lists the casts as the binder knows them, and those between types of columns all.
#[test]
fn pg_cast_lists_every_cast() {
    use crate::system::facts::tests::casts;
    let of = |oid: u32| RedshiftType::from_oid(oid, -1).unwrap_or_else(|| panic!("{oid} is no type of values"));
    let name = |ty: RedshiftType| ty.internal_name();
    let context = |from: RedshiftType, to: RedshiftType| {
        strength(from, to).map(|strength| match strength {
            Strength::Implicit => "i",
            Strength::Assignment => "a",
            Strength::Explicit => "e",
        })
    };
    let mut wrong = Vec::new();
    let listed = casts();
    for (source, target, _, listed) in &listed {
        let (from, to) = (of(*source), of(*target));
        if context(from, to) != Some(*listed) {
            wrong.push(format!("{}\t{}\t{:?}, not {listed}", name(from), name(to), context(from, to)));
        }
    }
    for (_, from) in TYPES {
        for (_, to) in TYPES.into_iter().filter(|(_, to)| to.oid() != from.oid()) {
            let is_listed = listed.iter().any(|(source, target, ..)| (*source, *target) == (from.oid(), to.oid()));
            if let (Some(context), false) = (context(from, to), is_listed) {
                wrong.push(format!("{}\t{}\t{context} is missing", name(from), name(to)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
