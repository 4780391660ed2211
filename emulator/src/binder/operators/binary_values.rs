//! Operators of binary values: `||`, `+`, `~`, `&`, `|`, `#`.
//!
//! Source: developer guide, "VARBYTE operators".

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::BinaryOp, types::MAX_VARBYTE};

use super::Typed;
use crate::functions::kernel::Kernel;

fn length(value: &Typed) -> u32 {
    match value.ty {
        RedshiftType::Varbyte(length) => length,
        _ => MAX_VARBYTE,
    }
}

/// `left || right`, `left + right`
pub(super) fn concat(left: Typed, right: Typed) -> Result<Typed> {
    let ty = RedshiftType::Varbyte(length(&left).saturating_add(length(&right)).min(MAX_VARBYTE));
    let kernel = Kernel::new("||", (), ty, |(), args| args.map2(|a: &[u8], b: &[u8]| Ok(Some([a, b].concat()))));
    kernel.call_or_fold(vec![left.expr, right.expr])
}

/// `~ operand`
pub(super) fn not(operand: Typed) -> Result<Typed> {
    let kernel = Kernel::new("~", (), operand.ty, |(), args| {
        args.map1(|bytes: &[u8]| Ok(Some(bytes.iter().map(|byte| !byte).collect::<Vec<u8>>())))
    });
    kernel.call_or_fold(vec![operand.expr])
}

/// `left & right`, `left | right`, `left # right`: of values of one length.
pub(super) fn bits(op: BinaryOp, left: Typed, right: Typed) -> Result<Typed> {
    let ty = RedshiftType::Varbyte(length(&left).max(length(&right)));
    let kernel = Kernel::new(op.symbol(), op.symbol(), ty, |symbol, args| {
        args.map2(|a: &[u8], b: &[u8]| {
            if a.len() != b.len() {
                let message = "binary values of different lengths cannot be combined bit by bit";
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            let combine = |(a, b): (&u8, &u8)| match *symbol {
                "&" => a & b,
                "|" => a | b,
                _ => a ^ b,
            };
            Ok(Some(a.iter().zip(b).map(combine).collect::<Vec<u8>>()))
        })
    });
    kernel.call_or_fold(vec![left.expr, right.expr])
}
