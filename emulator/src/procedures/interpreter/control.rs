//! Control: CASE, loops, and where control goes after a statement.

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::Query,
    plpgsql::{PlStatement, Target},
};

use super::{Interpreter, variable};
use crate::{
    binder::BindContext,
    procedures::{rows::OpenRows, variables::Value},
};

/// Where control goes after a statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Flow {
    Next,
    Exit(Option<String>),
    Continue(Option<String>),
    Return,
}

/// What a loop does after a round of its body.
pub(super) enum Round {
    Again,
    Leave,
    Pass(Flow),
}

impl Flow {
    /// For the loop with this label.
    pub(super) fn of_round(self, label: &Option<String>) -> Round {
        let mine = |name: &Option<String>| name.is_none() || name == label;
        match self {
            Flow::Next => Round::Again,
            Flow::Continue(name) if mine(&name) => Round::Again,
            Flow::Exit(name) if mine(&name) => Round::Leave,
            flow => Round::Pass(flow),
        }
    }
}

impl Interpreter<'_, '_> {
    pub(super) async fn case(
        &mut self,
        operand: Option<&Query>,
        branches: &[(Vec<Query>, Vec<PlStatement>)],
        otherwise: Option<&[PlStatement]>,
    ) -> Result<Flow> {
        let operand = match operand {
            Some(operand) => Some(self.value(operand).await?),
            None => None,
        };
        for (values, body) in branches {
            for value in values {
                let matches = match &operand {
                    None => self.holds(value).await?,
                    Some(operand) => {
                        let value = self.value(value).await?;
                        !value.value.is_null() && same(operand, &value, &self.host.work(None)?.context)?
                    }
                };
                if matches {
                    return self.statements(body).await;
                }
            }
        }
        match otherwise {
            Some(body) => self.statements(body).await,
            None => {
                Err(Error::new(SqlState("20000"), "case not found").with_hint("CASE statement is missing ELSE part."))
            }
        }
    }

    pub(super) async fn repeat(
        &mut self,
        label: &Option<String>,
        condition: Option<&Query>,
        body: &[PlStatement],
    ) -> Result<Flow> {
        while self.holds_or_absent(condition).await? {
            match self.statements(body).await?.of_round(label) {
                Round::Again => {}
                Round::Leave => break,
                Round::Pass(flow) => return Ok(flow),
            }
            // A loop that does nothing but count must let a cancel request through.
            tokio::task::yield_now().await;
        }
        Ok(Flow::Next)
    }

    pub(super) async fn count(&mut self, counted: CountedLoop<'_>) -> Result<Flow> {
        let CountedLoop { label, variable: name, reverse, from, to, body } = counted;
        let depth = self.scopes.depth();
        let (mut at, mut found) = (from, false);
        let mut result = Flow::Next;
        while if reverse { at >= to } else { at <= to } {
            found = true;
            self.scopes.enter(label.clone());
            let value = Value { value: ScalarValue::Int32(Some(at as i32)), ty: RedshiftType::Int4 };
            self.scopes.declare(name, variable(value));
            let flow = self.statements(body).await;
            self.scopes.leave_to(depth);
            match flow?.of_round(label) {
                Round::Again => {}
                Round::Leave => break,
                Round::Pass(flow) => {
                    result = flow;
                    break;
                }
            }
            at += if reverse { -1 } else { 1 };
            tokio::task::yield_now().await;
        }
        self.found(found);
        Ok(result)
    }

    pub(super) async fn each(
        &mut self,
        label: &Option<String>,
        targets: &[Target],
        rows: OpenRows,
        body: &[PlStatement],
    ) -> Result<Flow> {
        self.host.cursors.enter_loop()?;
        let flow = self.each_row(label, targets, rows, body).await;
        self.host.cursors.leave_loop();
        flow
    }

    async fn each_row(
        &mut self,
        label: &Option<String>,
        targets: &[Target],
        mut rows: OpenRows,
        body: &[PlStatement],
    ) -> Result<Flow> {
        let mut found = false;
        let mut result = Flow::Next;
        while let Some(row) = rows.next().await? {
            found = true;
            self.assign_row(targets, row)?;
            match self.statements(body).await?.of_round(label) {
                Round::Again => {}
                Round::Leave => break,
                Round::Pass(flow) => {
                    result = flow;
                    break;
                }
            }
        }
        if !found {
            self.assign_row(targets, rows.nulls()?)?;
        }
        self.found(found);
        Ok(result)
    }
}

/// `FOR variable IN from .. to LOOP`
pub(super) struct CountedLoop<'s> {
    pub(super) label: &'s Option<String>,
    pub(super) variable: &'s str,
    pub(super) reverse: bool,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) body: &'s [PlStatement],
}

/// Are two values equal, the second one as the first one's type?
fn same(left: &Value, right: &Value, ctx: &BindContext) -> Result<bool> {
    Ok(left.value == right.cast(left.ty, ctx)?.value)
}
