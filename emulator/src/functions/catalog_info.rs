//! Functions that read the catalog: names and definitions by OID, comments, privileges, sizes, visibility, and the casts
//! of the object identifier types.
//!
//! Sources: developer guide, "System information functions" (r_System_information_functions.md); PostgreSQL 8.0
//! documentation, "System Information Functions" and "Object Identifier Types". A call holds the catalog of its
//! statement, so constants are looked up when the statement is bound, and columns when it runs, in the same transaction.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::Int64Type,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARBYTE};

use super::{
    acl, catalog_arrays,
    kernel::{Args, Kernel, Run},
};
use crate::{
    binder::{BindContext, CastKind, Strength, Typed, cast, strength},
    system::{
        Source, encoding_name,
        lookup::{Lookup, RoutineTypes, current_schemas, size_pretty},
        types::{format_type, is_type_function},
    },
};

use RedshiftType::{
    AclItem, AclItemArray, Bool, CString, Int4, Int8, Name, Oid, RegClass, RegProc, RegProcedure, RegType, Text,
};

/// The catalog that a call looks things up in. Two calls are one expression where they look in the same.
#[derive(Debug, Clone)]
pub(crate) struct Catalog(Arc<Source>);

impl PartialEq for Catalog {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Catalog {}

impl Hash for Catalog {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl Catalog {
    fn of(ctx: &BindContext) -> Result<Catalog> {
        let source = ctx.catalog.source().ok_or_else(|| Error::unsupported("there is no system catalog here"))?;
        Ok(Catalog(source.clone()))
    }

    pub(super) fn lookup(&self) -> Lookup<'_> {
        Lookup::new(&self.0)
    }
}

/// A function for arguments of these types.
struct Overload {
    name: &'static str,
    params: &'static [RedshiftType],
    returns: RedshiftType,
    run: Run<Catalog>,
}

const fn overload(
    name: &'static str,
    params: &'static [RedshiftType],
    returns: RedshiftType,
    run: Run<Catalog>,
) -> Overload {
    Overload { name, params, returns, run }
}

/// An OID that the catalog knows is of four bytes.
fn oid(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

fn visible(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map1(|relation: i64| lookup.is_visible(oid(relation)))
}

/// Everything of these kinds is in pg_catalog, which every search path has.
fn always_visible(_: &Catalog, args: &Args) -> Result<ArrayRef> {
    args.map1(|_: i64| Ok(Some(true)))
}

fn view_definition(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map1(|view: i64| lookup.view_definition(oid(view)))
}

fn view_definition_by_name(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map1(|name: &str| lookup.view_definition(lookup.regclass_oid(name)?))
}

fn constraint_definition(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map1(|constraint: i64| lookup.constraint_definition(oid(constraint)))
}

fn index_definition(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map1(|index: i64| lookup.index_definition(oid(index), 0))
}

fn index_column_definition(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map2(|index: i64, column: i32| lookup.index_definition(oid(index), column))
}

/// Expressions are kept as the text that they are shown as.
fn expression(_: &Catalog, args: &Args) -> Result<ArrayRef> {
    args.map1(|text: &str| Ok(Some(text.to_string())))
}

fn comment(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map1(|object: i64| lookup.comment(oid(object), 0))
}

fn column_comment(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map2(|table: i64, column: i32| lookup.comment(oid(table), column))
}

fn routine_arguments(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map1(|function: i64| lookup.routine_arguments(oid(function)))
}

fn nothing(_: &Catalog, args: &Args) -> Result<ArrayRef> {
    args.rows(|_| Ok(None::<String>))
}

fn table_size(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map1(|table: i64| lookup.table_size(oid(table)))
}

fn table_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map2(|table: &str, wanted: &str| lookup.has_table_privilege(None, table, wanted).map(Some))
}

fn user_table_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map3(|user: &str, table: &str, wanted: &str| lookup.has_table_privilege(Some(user), table, wanted).map(Some))
}

fn schema_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map2(|schema: &str, wanted: &str| lookup.has_schema_privilege(None, schema, wanted).map(Some))
}

fn user_schema_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map3(|user: &str, schema: &str, wanted: &str| {
        lookup.has_schema_privilege(Some(user), schema, wanted).map(Some)
    })
}

fn database_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map2(|database: &str, wanted: &str| lookup.has_database_privilege(None, database, wanted).map(Some))
}

fn user_database_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map3(|user: &str, database: &str, wanted: &str| {
        lookup.has_database_privilege(Some(user), database, wanted).map(Some)
    })
}

fn assume_role_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map2(|role: &str, command: &str| lookup.has_assume_role_privilege(None, role, command).map(Some))
}

fn user_assume_role_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map3(|user: &str, role: &str, command: &str| {
        lookup.has_assume_role_privilege(Some(user), role, command).map(Some)
    })
}

fn column_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map3(|table: &str, column: &str, wanted: &str| {
        lookup.has_column_privilege(None, (table, column), wanted).map(Some)
    })
}

fn user_column_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    let readers = [args.reader::<&str>(0)?, args.reader(1)?, args.reader(2)?, args.reader(3)?];
    args.rows(|row| {
        let [Some(user), Some(table), Some(column), Some(wanted)] = readers.each_ref().map(|reader| reader.get(row))
        else {
            return Ok(None);
        };
        lookup.has_column_privilege(Some(user), (table, column), wanted).map(Some)
    })
}

fn language_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map2(|language: &str, wanted: &str| lookup.has_language_privilege(None, language, wanted).map(Some))
}

fn user_language_privilege(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    args.map3(|user: &str, language: &str, wanted: &str| {
        lookup.has_language_privilege(Some(user), language, wanted).map(Some)
    })
}

/// The output function of a type that is held as it is shown, and the input function of TEXT.
fn as_it_is(_: &Catalog, args: &Args) -> Result<ArrayRef> {
    args.map1(|text: &str| Ok(Some(text.to_string())))
}

/// BYTEA as its output function writes it: what cannot be printed as `\\ooo`, a backslash as two (PostgreSQL 8.0, "Binary
/// Data Types").
fn bytea_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\{other:03o}")),
        }
    }
    text
}

/// Every overload. Arguments that may be an OID or a name are read as text, to which OIDs are cast.
static OVERLOADS: &[Overload] = &[
    overload("pg_get_userbyid", &[Oid], Name, |catalog, args| {
        let lookup = catalog.lookup();
        args.map1(|user: i64| lookup.user_name(oid(user)).map(Some))
    }),
    overload("pg_table_is_visible", &[Oid], Bool, visible),
    overload("pg_type_is_visible", &[Oid], Bool, |catalog, args| {
        let lookup = catalog.lookup();
        args.map1(|ty: i64| lookup.type_is_visible(oid(ty)))
    }),
    overload("pg_function_is_visible", &[Oid], Bool, |catalog, args| {
        let lookup = catalog.lookup();
        args.map1(|function: i64| lookup.routine_is_visible(oid(function)).map(Some))
    }),
    overload("pg_operator_is_visible", &[Oid], Bool, always_visible),
    overload("pg_opclass_is_visible", &[Oid], Bool, always_visible),
    overload("pg_opfamily_is_visible", &[Oid], Bool, always_visible),
    overload("pg_conversion_is_visible", &[Oid], Bool, always_visible),
    overload("pg_ts_config_is_visible", &[Oid], Bool, always_visible),
    overload("pg_get_viewdef", &[Oid], Text, view_definition),
    overload("pg_get_viewdef", &[Oid, Bool], Text, view_definition),
    overload("pg_get_viewdef", &[Text], Text, view_definition_by_name),
    overload("pg_get_viewdef", &[Text, Bool], Text, view_definition_by_name),
    overload("pg_get_constraintdef", &[Oid], Text, constraint_definition),
    overload("pg_get_constraintdef", &[Oid, Bool], Text, constraint_definition),
    overload("pg_get_indexdef", &[Oid], Text, index_definition),
    overload("pg_get_indexdef", &[Oid, Int4, Bool], Text, index_column_definition),
    overload("pg_get_expr", &[Text, Oid], Text, expression),
    overload("pg_get_expr", &[Text, Oid, Bool], Text, expression),
    overload("pg_get_ruledef", &[Oid], Text, nothing),
    overload("pg_get_ruledef", &[Oid, Bool], Text, nothing),
    overload("pg_get_triggerdef", &[Oid], Text, nothing),
    overload("pg_get_triggerdef", &[Oid, Bool], Text, nothing),
    overload("pg_get_functiondef", &[Oid], Text, |catalog, args| {
        let lookup = catalog.lookup();
        args.map1(|function: i64| lookup.routine_definition(oid(function)))
    }),
    overload("pg_get_function_result", &[Oid], Text, |catalog, args| {
        let lookup = catalog.lookup();
        args.map1(|function: i64| lookup.routine_result(oid(function)))
    }),
    overload("pg_get_function_arguments", &[Oid], Text, routine_arguments),
    overload("pg_get_function_identity_arguments", &[Oid], Text, routine_arguments),
    overload("has_function_privilege", &[Text, Text], Bool, |catalog, args| {
        let lookup = catalog.lookup();
        args.map2(|function: &str, wanted: &str| lookup.has_function_privilege(None, function, wanted).map(Some))
    }),
    overload("has_function_privilege", &[Text, Text, Text], Bool, |catalog, args| {
        let lookup = catalog.lookup();
        args.map3(|user: &str, function: &str, wanted: &str| {
            lookup.has_function_privilege(Some(user), function, wanted).map(Some)
        })
    }),
    overload("obj_description", &[Oid], Text, comment),
    overload("obj_description", &[Oid, Name], Text, comment),
    overload("shobj_description", &[Oid, Name], Text, comment),
    overload("col_description", &[Oid, Int4], Text, column_comment),
    // The guide has no functions for sizes; psql's `\l+` and `\dt+` ask for these.
    overload("pg_table_size", &[Oid], Int8, table_size),
    overload("pg_database_size", &[Oid], Int8, |catalog, args| {
        let lookup = catalog.lookup();
        args.map1(|database: i64| match lookup.database_name(oid(database))? {
            Some(name) => lookup.database_size(&name),
            None => Ok(None),
        })
    }),
    overload("pg_database_size", &[Name], Int8, |catalog, args| {
        let lookup = catalog.lookup();
        args.map1(|database: &str| lookup.database_size(database))
    }),
    overload("pg_size_pretty", &[Int8], Text, |_, args| args.map1(|bytes: i64| Ok(Some(size_pretty(bytes))))),
    overload("pg_tablespace_location", &[Oid], Text, |_, args| args.map1(|_: i64| Ok(Some("")))),
    overload("pg_encoding_to_char", &[Int4], Name, |_, args| {
        args.map1(|encoding: i32| Ok(Some(if encoding == 6 { "UTF8" } else { "" })))
    }),
    overload("pg_char_to_encoding", &[Name], Int4, |_, args| {
        args.map1(|name: &str| Ok(Some(if matches!(&*name.to_lowercase(), "utf8" | "unicode") { 6 } else { -1 })))
    }),
    overload("format_encoding", &[Int4], Text, |_, args| {
        args.map1(|encoding: i32| Ok(encoding_name(i64::from(encoding))))
    }),
    overload("has_table_privilege", &[Text, Text], Bool, table_privilege),
    overload("has_table_privilege", &[Text, Text, Text], Bool, user_table_privilege),
    overload("has_schema_privilege", &[Text, Text], Bool, schema_privilege),
    overload("has_schema_privilege", &[Text, Text, Text], Bool, user_schema_privilege),
    overload("has_database_privilege", &[Text, Text], Bool, database_privilege),
    overload("has_database_privilege", &[Text, Text, Text], Bool, user_database_privilege),
    overload("has_assumerole_privilege", &[Text, Text], Bool, assume_role_privilege),
    overload("has_assumerole_privilege", &[Text, Text, Text], Bool, user_assume_role_privilege),
    overload("has_any_column_privilege", &[Text, Text], Bool, |catalog, args| {
        let lookup = catalog.lookup();
        args.map2(|table: &str, wanted: &str| lookup.has_any_column_privilege(None, table, wanted).map(Some))
    }),
    overload("has_any_column_privilege", &[Text, Text, Text], Bool, |catalog, args| {
        let lookup = catalog.lookup();
        args.map3(|user: &str, table: &str, wanted: &str| {
            lookup.has_any_column_privilege(Some(user), table, wanted).map(Some)
        })
    }),
    overload("has_column_privilege", &[Text, Text, Text], Bool, column_privilege),
    overload("has_column_privilege", &[Text, Text, Text, Text], Bool, user_column_privilege),
    overload("has_language_privilege", &[Text, Text], Bool, language_privilege),
    overload("has_language_privilege", &[Text, Text, Text], Bool, user_language_privilege),
    overload("makeaclitem", &[Int4, Int4, Int4, Text, Bool], AclItem, acl::make),
    overload("aclcontains", &[AclItemArray, AclItem], Bool, acl::contains),
    overload("regprocout", &[RegProc], CString, as_it_is),
    overload("regprocedureout", &[RegProcedure], CString, as_it_is),
    overload("regclassout", &[RegClass], CString, as_it_is),
    overload("regtypeout", &[RegType], CString, as_it_is),
    overload("nameout", &[Name], CString, as_it_is),
    overload("textout", &[Text], CString, as_it_is),
    overload("textin", &[CString], Text, as_it_is),
    overload("byteaout", &[RedshiftType::Varbyte(MAX_VARBYTE)], CString, |_, args| {
        args.map1(|bytes: &[u8]| Ok(Some(bytea_text(bytes))))
    }),
    overload("oidvectortypes", &[RedshiftType::OidVector], Text, |_, args| {
        let lists = catalog_arrays::lists(args, 0)?;
        let types = lists.values().as_primitive::<Int64Type>();
        let shown = |row: usize| {
            let offsets = lists.value_offsets();
            let places = offsets[row] as usize..offsets[row + 1] as usize;
            let names = places.map(|place| format_type(oid(types.value(place)), None));
            lists.is_valid(row).then(|| names.collect::<Vec<_>>().join(", "))
        };
        args.rows(|row| Ok(shown(row)))
    }),
    overload("user_is_member_of", &[Text, Text], Bool, |catalog, args| {
        let lookup = catalog.lookup();
        args.map2(|user: &str, role: &str| lookup.user_is_member_of(user, role).map(Some))
    }),
    overload("role_is_member_of", &[Text, Text], Bool, |catalog, args| {
        let lookup = catalog.lookup();
        args.map2(|role: &str, member_of: &str| lookup.role_is_member_of(role, member_of).map(Some))
    }),
];

/// Is this the name of a function that reads the catalog?
pub(super) fn knows(name: &str) -> bool {
    matches!(name, "current_schemas" | "format_type") || OVERLOADS.iter().any(|overload| overload.name == name)
}

/// The names of all of them.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OVERLOADS.iter().map(|overload| overload.name).chain(["current_schemas", "format_type"])
}

/// What they take and give.
#[cfg(test)]
pub(super) fn signatures() -> impl Iterator<Item = (&'static str, &'static [RedshiftType], RedshiftType)> {
    OVERLOADS.iter().map(|overload| (overload.name, overload.params, overload.returns))
}

/// Calls a function that reads the catalog.
///
/// # Errors
/// 42883 where there is none for these arguments; what the function finds in constant arguments.
pub(super) fn call(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    match name {
        "format_type" => return format_type_call(args, ctx),
        "current_schemas" => return current_schemas_call(args, ctx),
        _ => {}
    }
    let fits = |overload: &&Overload| {
        overload.name == name
            && overload.params.len() == args.len()
            && overload.params.iter().zip(&args).all(|(param, arg)| is_implicit(arg.ty, *param))
    };
    let overload = OVERLOADS.iter().find(fits).ok_or_else(|| super::no_such_function(name, &args))?;
    let args = cast_all(args, overload.params, ctx)?;
    Kernel::new(name, Catalog::of(ctx)?, overload.returns, overload.run).call_or_fold(args)
}

fn is_implicit(from: RedshiftType, to: RedshiftType) -> bool {
    strength(from, to) == Some(Strength::Implicit)
}

fn cast_all(
    args: Vec<Typed>,
    params: &[RedshiftType],
    ctx: &BindContext,
) -> Result<Vec<datafusion::logical_expr::Expr>> {
    let expr = |(arg, param): (Typed, &RedshiftType)| cast(arg, *param, CastKind::Implicit, ctx).map(|arg| arg.expr);
    args.into_iter().zip(params).map(expr).collect()
}

/// `format_type(oid, typmod)`: the modifier may be NULL.
fn format_type_call(args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    if args.len() != 2 || !args.iter().all(|arg| is_implicit(arg.ty, Int8)) {
        return Err(super::no_such_function("format_type", &args));
    }
    let args = cast_all(args, &[Oid, Int8], ctx)?;
    let run: Run<Catalog> = |catalog, args| {
        let lookup = catalog.lookup();
        let (types, modifiers) = (args.reader::<i64>(0)?, args.reader::<i64>(1)?);
        args.rows(|row| {
            let modifier = modifiers.get(row).and_then(|modifier| i32::try_from(modifier).ok());
            types.get(row).map(|ty| lookup.type_name(oid(ty), modifier)).transpose()
        })
    };
    Kernel::new("format_type", Catalog::of(ctx)?, Text, run).not_strict().call_or_fold(args)
}

/// `current_schemas(implicit)`: a constant of the statement, one for each value of its argument.
fn current_schemas_call(args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    let [implicit] = &args[..] else { return Err(super::no_such_function("current_schemas", &args)) };
    let implicit = cast(implicit.clone(), Bool, CastKind::Implicit, ctx)?;
    let catalog = Catalog::of(ctx)?;
    let schemas = |implicit| current_schemas(&*ctx.catalog, &catalog.0, implicit);
    let both = [schemas(false)?, schemas(true)?];
    let run: Run<[Vec<String>; 2]> = |both, args| {
        let implicit = args.reader::<bool>(0)?;
        let mut builder = arrow::array::ListBuilder::new(arrow::array::StringViewBuilder::new());
        for row in 0..args.rows {
            builder.append_option(implicit.get(row).map(|implicit| both[usize::from(implicit)].iter().map(Some)));
        }
        Ok(Arc::new(builder.finish()))
    };
    Kernel::new("current_schemas", both, RedshiftType::TextArray, run).call_or_fold(vec![implicit.expr])
}

/// Casts from, to and between object identifier types that need the catalog; none where the cast is another's business.
///
/// REGCLASS, REGTYPE, REGPROC and REGPROCEDURE are held by name: a text becomes one by being looked up, and an OID by its name.
pub(crate) fn cast_identifier(value: &Typed, target: RedshiftType, ctx: &BindContext) -> Option<Result<Typed>> {
    let from_text = value.ty.is_string();
    let from_number = value.ty.is_integer() || value.ty == Oid;
    let run: Run<Catalog> = match (value.ty, target) {
        (_, RegClass) if from_text => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|text: &str| lookup.regclass_of_text(text).map(Some))
        },
        (_, RegClass) if from_number => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|number: i64| lookup.regclass_name(oid(number)).map(Some))
        },
        (RegClass, Oid | Int4 | Int8) => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|text: &str| lookup.regclass_oid(text).map(|oid| Some(i64::from(oid))))
        },
        (_, RegType) if from_text => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|text: &str| lookup.type_name(lookup.regtype_oid(text)?, None).map(Some))
        },
        (_, RegType) if from_number => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|number: i64| lookup.type_name(oid(number), None).map(Some))
        },
        (RegType, Oid | Int4 | Int8) => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|text: &str| Ok(Some(if text == "-" { 0 } else { i64::from(lookup.regtype_oid(text)?) })))
        },
        (_, RegProc) if from_text => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|text: &str| match (known_function(text), lookup.regproc_oid(text)?) {
                (Err(_), Some(routine)) => lookup.routine_name(routine, RoutineTypes::Hidden).map(Some),
                (known, _) => known.map(Some),
            })
        },
        (_, RegProc) if from_number => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|number: i64| lookup.routine_name(oid(number), RoutineTypes::Hidden).map(Some))
        },
        (RegProc, Oid | Int4 | Int8) => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|text: &str| lookup.oid_of_regproc(text).map(|oid| Some(oid.map_or(0, i64::from))))
        },
        (_, RegProcedure) if from_text => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|text: &str| lookup.routine_name(lookup.regprocedure_oid(text)?, RoutineTypes::Shown).map(Some))
        },
        (_, RegProcedure) if from_number => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|number: i64| lookup.routine_name(oid(number), RoutineTypes::Shown).map(Some))
        },
        (RegProcedure, Oid | Int4 | Int8) => |catalog, args| {
            let lookup = catalog.lookup();
            args.map1(|text: &str| lookup.regprocedure_oid(text).map(|oid| Some(i64::from(oid))))
        },
        _ => return None,
    };
    Some(identifier(value.clone(), target, run, ctx))
}

/// The name of a function as REGPROC shows it.
///
/// # Errors
/// 42883 `function "x" does not exist`.
fn known_function(text: &str) -> Result<String> {
    let name = text.strip_prefix("pg_catalog.").unwrap_or(text).to_lowercase();
    if name == "-" || is_type_function(&name) || super::classes(&name).is_some() {
        return Ok(name);
    }
    Err(Error::new(SqlState::UNDEFINED_FUNCTION, format!("function \"{text}\" does not exist")))
}

fn identifier(value: Typed, target: RedshiftType, run: Run<Catalog>, ctx: &BindContext) -> Result<Typed> {
    let from_number = value.ty.is_integer() || value.ty == Oid;
    let value = if from_number { cast(value, Int8, CastKind::Explicit, ctx)? } else { value };
    let to_number = matches!(target, Oid | Int4 | Int8);
    let returns = if to_number { Oid } else { target };
    let name = format!("to_{}", returns.internal_name());
    let found = Kernel::new(name, Catalog::of(ctx)?, returns, run).call_or_fold(vec![value.expr])?;
    if to_number && target != Oid { cast(found, target, CastKind::Explicit, ctx) } else { Ok(found) }
}
