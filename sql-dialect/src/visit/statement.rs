//! Statements and what they name.

use super::{Direction, Opaque, RoutineUse, Use, Visitor, procedure::walk_procedure_body, query::walk_with};
use crate::{
    ast::*,
    names::{Ident, ObjectName},
    plpgsql::Mode,
};

/// Visits the parts of a statement.
pub fn walk_statement<V: Visitor + ?Sized>(visitor: &mut V, statement: &Statement) {
    match statement {
        Statement::Query(query) => visitor.visit_query(query),
        Statement::Explain(Explain { verbose: _, statement }) => visitor.visit_statement(statement),
        Statement::Prepare(Prepare { name: _, types: _, statement, parameters: _ }) => {
            visitor.visit_statement(statement);
        }
        Statement::Execute(Execute { name: _, args }) => each(visitor, args),
        Statement::DeclareCursor(declare) => {
            let DeclareCursor { name: _, hold: _, query } = &**declare;
            visitor.visit_query(query);
        }
        Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Truncate(_)
        | Statement::Merge(_)
        | Statement::Copy(_)
        | Statement::CopyJob(_)
        | Statement::Unload(_) => walk_dml(visitor, statement),
        Statement::CreateTable(_)
        | Statement::CreateTableAs(_)
        | Statement::CreateView(_)
        | Statement::CreateMaterializedView(_)
        | Statement::CreateExternalTable(_)
        | Statement::CreateExternalView(_)
        | Statement::CreateSchema(_)
        | Statement::AlterTable(_)
        | Statement::AlterExternalTable(_)
        | Statement::AlterExternalView(_) => walk_definition(visitor, statement),
        Statement::AlterMaterializedView(AlterMaterializedView { name, action: _ })
        | Statement::DropExternalView(DropExternalView { name, if_exists: _ })
        | Statement::AlterTableSecurity(AlterTableSecurity { name, security: _ }) => {
            visitor.visit_relation(name, Use::Define);
        }
        Statement::DropMaterializedView(DropMaterializedView { if_exists: _, names, cascade: _ }) => {
            relations(visitor, names, Use::Define);
        }
        Statement::RefreshMaterializedView(RefreshMaterializedView { name, cascade: _ }) => {
            visitor.visit_relation(name, Use::Write);
        }
        Statement::Drop(drop) => walk_drop(visitor, drop),
        Statement::Comment(comment) => walk_comment(visitor, comment),
        Statement::Analyze(Analyze { table, columns: _, verbose: _, scope: _ })
        | Statement::AnalyzeCompression(AnalyzeCompression { table, columns: _, comp_rows: _ })
        | Statement::Vacuum(Vacuum { mode: _, table, threshold: _, boost: _ }) => {
            table.iter().for_each(|name| visitor.visit_relation(name, Use::Mention));
        }
        Statement::Lock(Lock { tables }) => relations(visitor, tables, Use::Mention),
        Statement::AlterSchema(AlterSchema { name, action: _ })
        | Statement::CreateExternalSchema(CreateExternalSchema { name, if_not_exists: _, source: _, options: _ })
        | Statement::AlterExternalSchema(AlterExternalSchema { name, options: _ }) => {
            visitor.visit_schema(name, Use::Define);
        }
        Statement::ShowObjects(show) => walk_show(visitor, show),
        Statement::Grant(_) | Statement::AlterDefaultPrivileges(_) | Statement::AlterDatashare(_) => {
            walk_rights(visitor, statement);
        }
        Statement::CreateFunction(_)
        | Statement::CreateProcedure(_)
        | Statement::CreateExternalFunction(_)
        | Statement::AlterRoutine(_)
        | Statement::DropRoutine(_)
        | Statement::Call(_) => walk_routine(visitor, statement),
        Statement::CreateModel(_) | Statement::CreateExternalModel(_) => walk_model(visitor, statement),
        Statement::CreateMaskingPolicy(CreateMaskingPolicy { if_not_exists: _, name: _, columns: _, using })
        | Statement::AlterPolicy(AlterPolicy { kind: _, name: _, using }) => each(visitor, using),
        Statement::CreateRlsPolicy(CreateRlsPolicy { name: _, columns: _, alias: _, using }) => {
            visitor.visit_expr(using);
        }
        Statement::AttachMaskingPolicy(attach) => {
            let AttachMaskingPolicy { detach: _, name: _, table, output, input, principal: _, priority: _ } = attach;
            visitor.visit_relation(table, Use::Define);
            each(visitor, output);
            each(visitor, input);
        }
        Statement::AttachRlsPolicy(AttachRlsPolicy { detach: _, name: _, tables, principals: _ }) => {
            relations(visitor, tables, Use::Define);
        }
        // They name nothing that holds rows.
        Statement::CreateDatabase(_)
        | Statement::AlterDatabase(_)
        | Statement::Begin(_)
        | Statement::Commit
        | Statement::Rollback
        | Statement::Savepoint(_)
        | Statement::Release(_)
        | Statement::Set(_)
        | Statement::Reset(_)
        | Statement::Show(_)
        | Statement::Deallocate(_)
        | Statement::Fetch(_)
        | Statement::CloseCursor(_)
        | Statement::CreateUser(_)
        | Statement::AlterUser(_)
        | Statement::CreateGroup(_)
        | Statement::DropPrincipal(_)
        | Statement::AlterGroup(_)
        | Statement::CreateRole(_)
        | Statement::AlterRole(_)
        | Statement::DropRole(_)
        | Statement::CreateIdentityProvider(_)
        | Statement::AlterIdentityProvider(_)
        | Statement::DropIdentityProvider(_)
        | Statement::DescIdentityProvider(_)
        | Statement::CreateTemplate(_)
        | Statement::AlterTemplate(_)
        | Statement::DropTemplate(_)
        | Statement::CreateLibrary(_)
        | Statement::DropLibrary(_)
        | Statement::CreateDatashare(_)
        | Statement::DropDatashare(_)
        | Statement::DescDatashare(_)
        | Statement::DropModel(_)
        | Statement::DropPolicy(_)
        | Statement::Use(_)
        | Statement::Cancel(_)
        | Statement::AlterSystem(_) => {}
    }
}

fn walk_dml<V: Visitor + ?Sized>(visitor: &mut V, statement: &Statement) {
    match statement {
        Statement::Insert(Insert { table, columns: _, source }) => {
            visitor.visit_relation(table, Use::Write);
            match source {
                InsertSource::DefaultValues => {}
                InsertSource::Query(query) => visitor.visit_query(query),
            }
        }
        Statement::Update(Update { with, table, alias: _, assignments, from, selection }) => {
            visitor.enter_scope();
            walk_with(visitor, with.as_ref());
            visitor.visit_relation(table, Use::Write);
            from.iter().for_each(|item| visitor.visit_from_item(item));
            assignments.iter().map(|(_, value)| value).chain(selection).for_each(|expr| visitor.visit_expr(expr));
            visitor.leave_scope();
        }
        Statement::Delete(Delete { with, table, alias: _, using, selection }) => {
            visitor.enter_scope();
            walk_with(visitor, with.as_ref());
            visitor.visit_relation(table, Use::Write);
            using.iter().for_each(|item| visitor.visit_from_item(item));
            selection.iter().for_each(|expr| visitor.visit_expr(expr));
            visitor.leave_scope();
        }
        Statement::Truncate(Truncate { table }) => visitor.visit_relation(table, Use::Write),
        Statement::Merge(merge) => {
            let Merge { target, source, on, action } = &**merge;
            visitor.visit_relation(target, Use::Write);
            visitor.visit_from_item(source);
            visitor.visit_expr(on);
            match action {
                MergeAction::When { matched, columns: _, values } => {
                    match matched {
                        MatchedAction::Update(assignments) => {
                            assignments.iter().for_each(|(_, value)| visitor.visit_expr(value));
                        }
                        MatchedAction::Delete => {}
                    }
                    each(visitor, values);
                }
                MergeAction::RemoveDuplicates => {}
            }
        }
        Statement::Copy(copy) => walk_copy(visitor, copy),
        Statement::CopyJob(job) => match job {
            CopyJob::Create { copy, name: _, auto: _ } => walk_copy(visitor, copy),
            CopyJob::Run(_) => visitor.visit_opaque(Opaque::Call),
            CopyJob::Alter { .. } | CopyJob::List | CopyJob::Show(_) | CopyJob::Drop(_) => {}
        },
        Statement::Unload(unload) => {
            let Unload { query_text: _, query, query_pos: _, target, options: _, option_positions: _ } = &**unload;
            visitor.visit_query(query);
            visitor.visit_location(target, Direction::Out);
        }
        _ => {}
    }
}

fn walk_copy<V: Visitor + ?Sized>(visitor: &mut V, copy: &Copy) {
    let Copy { table, columns: _, source, source_pos: _, options: _, option_positions: _, template: _ } = copy;
    visitor.visit_relation(table, Use::Write);
    visitor.visit_location(source, Direction::In);
}

fn walk_definition<V: Visitor + ?Sized>(visitor: &mut V, statement: &Statement) {
    match statement {
        Statement::CreateTable(create) => {
            let CreateTable { name, temporary: _, if_not_exists: _, elements, attributes: _, iceberg } = &**create;
            visitor.visit_relation(name, Use::Define);
            elements.iter().for_each(|element| walk_element(visitor, element));
            walk_iceberg(visitor, iceberg.as_ref());
        }
        Statement::CreateTableAs(create) => {
            let CreateTableAs { name, temporary: _, columns: _, attributes: _, iceberg, query, select_into: _ } =
                &**create;
            visitor.visit_relation(name, Use::Define);
            walk_iceberg(visitor, iceberg.as_ref());
            visitor.visit_query(query);
        }
        Statement::CreateView(create) => {
            let CreateView { name, or_replace: _, columns: _, query, query_text: _, late_binding: _, written: _ } =
                &**create;
            visitor.visit_relation(name, Use::Define);
            visitor.visit_query(query);
        }
        Statement::CreateMaterializedView(create) => {
            let CreateMaterializedView {
                name,
                columns: _,
                attributes: _,
                auto_refresh: _,
                iceberg,
                query,
                query_text: _,
                head_text: _,
            } = &**create;
            visitor.visit_relation(name, Use::Define);
            walk_iceberg(visitor, iceberg.as_ref());
            visitor.visit_query(query);
        }
        Statement::CreateExternalTable(create) => {
            let CreateExternalTable {
                name,
                if_not_exists: _,
                columns: _,
                partitioned_by: _,
                row_format: _,
                format: _,
                location,
                properties: _,
                query,
            } = &**create;
            visitor.visit_relation(name, Use::Define);
            let direction = if query.is_some() { Direction::Out } else { Direction::In };
            location.iter().for_each(|location| visitor.visit_location(location, direction));
            query.iter().for_each(|query| visitor.visit_query(query));
        }
        Statement::CreateExternalView(CreateExternalView { protected: _, name, if_not_exists: _, query }) => {
            visitor.visit_relation(name, Use::Define);
            visitor.visit_query(query);
        }
        Statement::AlterExternalView(AlterExternalView { name, force: _, query }) => {
            visitor.visit_relation(name, Use::Define);
            query.iter().for_each(|query| visitor.visit_query(query));
        }
        Statement::CreateSchema(create) => {
            let CreateSchema { database: _, name, if_not_exists: _, authorization, quota_mb: _, elements } = create;
            name.iter().chain(authorization).take(1).for_each(|name| visitor.visit_schema(name, Use::Define));
            elements.iter().for_each(|statement| visitor.visit_statement(statement));
        }
        Statement::AlterTable(alter) => {
            let AlterTable { name, action } = &**alter;
            visitor.visit_relation(name, Use::Define);
            walk_alteration(visitor, name, action);
        }
        Statement::AlterExternalTable(AlterExternalTable { name, action }) => {
            visitor.visit_relation(name, Use::Define);
            walk_external_alteration(visitor, action);
        }
        _ => {}
    }
}

fn walk_iceberg<V: Visitor + ?Sized>(visitor: &mut V, iceberg: Option<&IcebergStorage>) {
    let Some(IcebergStorage { location, partitioned_by: _, properties: _ }) = iceberg else { return };
    location.iter().for_each(|location| visitor.visit_location(location, Direction::Out));
}

fn walk_element<V: Visitor + ?Sized>(visitor: &mut V, element: &TableElement) {
    match element {
        TableElement::Column(column) => walk_column(visitor, column),
        TableElement::Constraint(constraint) => walk_constraint(visitor, constraint),
        TableElement::Like { table, including_defaults: _ } => visitor.visit_relation(table, Use::Mention),
    }
}

fn walk_column<V: Visitor + ?Sized>(visitor: &mut V, column: &ColumnDef) {
    let ColumnDef { name: _, ty: _, attributes } = column;
    for attribute in attributes {
        match attribute {
            ColumnAttribute::Default(value) => visitor.visit_expr(value),
            ColumnAttribute::References { table, column: _ } => visitor.visit_relation(table, Use::Mention),
            ColumnAttribute::Identity { .. }
            | ColumnAttribute::DefaultIdentity { .. }
            | ColumnAttribute::Encode(_)
            | ColumnAttribute::DistKey
            | ColumnAttribute::SortKey
            | ColumnAttribute::Collate(_)
            | ColumnAttribute::NotNull
            | ColumnAttribute::Null
            | ColumnAttribute::Unique
            | ColumnAttribute::PrimaryKey => {}
        }
    }
}

fn walk_constraint<V: Visitor + ?Sized>(visitor: &mut V, constraint: &TableConstraint) {
    match &constraint.kind {
        ConstraintKind::ForeignKey { columns: _, table, referenced: _ } => visitor.visit_relation(table, Use::Mention),
        ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) => {}
    }
}

fn walk_alteration<V: Visitor + ?Sized>(visitor: &mut V, table: &ObjectName, action: &AlterTableAction) {
    match action {
        AlterTableAction::AddColumn(column) => walk_column(visitor, column),
        AlterTableAction::AddConstraint(constraint) => walk_constraint(visitor, constraint),
        AlterTableAction::SetDefault { name: _, value } => visitor.visit_expr(value),
        AlterTableAction::Several(actions) => {
            actions.iter().for_each(|action| walk_alteration(visitor, table, action));
        }
        AlterTableAction::AppendFrom { source, ignore_extra: _, fill_target: _ } => {
            // Rows leave one table for the other.
            visitor.visit_relation(source, Use::Read);
            visitor.visit_relation(source, Use::Write);
            visitor.visit_relation(table, Use::Write);
        }
        AlterTableAction::RenameTo(name) => {
            // The new name is in the schema of the old one.
            let mut renamed = table.clone();
            if let Some(last) = renamed.0.last_mut() {
                *last = name.clone();
            }
            visitor.visit_relation(&renamed, Use::Define);
        }
        AlterTableAction::DropColumn { .. }
        | AlterTableAction::RenameColumn { .. }
        | AlterTableAction::AlterType { .. }
        | AlterTableAction::DropDefault(_)
        | AlterTableAction::AlterEncode { .. }
        | AlterTableAction::OwnerTo(_)
        | AlterTableAction::DropConstraint { .. }
        | AlterTableAction::AlterDistKey(_)
        | AlterTableAction::AlterDistStyle(_)
        | AlterTableAction::AlterSortKey(_)
        | AlterTableAction::AlterEncodeAuto => {}
    }
}

fn walk_external_alteration<V: Visitor + ?Sized>(visitor: &mut V, action: &AlterExternalTableAction) {
    match action {
        AlterExternalTableAction::SetLocation(location)
        | AlterExternalTableAction::SetPartitionLocation { partition: _, location } => {
            visitor.visit_location(location, Direction::In);
        }
        AlterExternalTableAction::AddPartitions { if_not_exists: _, partitions } => {
            partitions.iter().for_each(|(_, location)| visitor.visit_location(location, Direction::In));
        }
        AlterExternalTableAction::SetFileFormat(_)
        | AlterExternalTableAction::SetProperties(_)
        | AlterExternalTableAction::DropPartition(_)
        | AlterExternalTableAction::AddPartitionField(_)
        | AlterExternalTableAction::DropPartitionField(_)
        | AlterExternalTableAction::ReplacePartitionField { .. } => {}
    }
}

fn walk_drop<V: Visitor + ?Sized>(visitor: &mut V, drop: &Drop) {
    let Drop { kind, if_exists: _, names, external_database: _, cascade: _, force: _ } = drop;
    match kind {
        ObjectKind::Table | ObjectKind::View | ObjectKind::Column | ObjectKind::Constraint => {
            relations(visitor, names, Use::Define);
        }
        ObjectKind::Schema => names.iter().for_each(|name| visitor.visit_schema(name.object(), Use::Define)),
        ObjectKind::Database => {}
    }
}

fn walk_comment<V: Visitor + ?Sized>(visitor: &mut V, comment: &Comment) {
    let Comment { kind, name, table, text: _ } = comment;
    match kind {
        ObjectKind::Table | ObjectKind::View => visitor.visit_relation(name, Use::Mention),
        ObjectKind::Schema => visitor.visit_schema(name.object(), Use::Mention),
        ObjectKind::Column => {
            // Behind the last point is the column.
            let parts = name.0.len().saturating_sub(1);
            if parts > 0 {
                visitor.visit_relation(&ObjectName(name.0[..parts].to_vec()), Use::Mention);
            }
        }
        ObjectKind::Constraint => table.iter().for_each(|table| visitor.visit_relation(table, Use::Mention)),
        ObjectKind::Database => {}
    }
}

fn walk_show<V: Visitor + ?Sized>(visitor: &mut V, show: &ShowObjects) {
    match show {
        ShowObjects::Table(name) | ShowObjects::View(name) | ShowObjects::ExternalTable { name, partition: _ } => {
            visitor.visit_relation(name, Use::Mention);
        }
        ShowObjects::Columns { table, filter: _ }
        | ShowObjects::Constraints { kind: _, table, filter: _ }
        | ShowObjects::ColumnGrants { table, principal: _, filter: _ }
        | ShowObjects::GrantsOn { object: GrantedObject::Table(table), principal: _, filter: _ }
        | ShowObjects::Policies { kind: _, of: Some(PoliciesOf::Table { name: table, principal: _ }), filter: _ } => {
            table.object_name().iter().for_each(|name| visitor.visit_relation(name, Use::Mention));
        }
        ShowObjects::Tables { schema, filter: _ }
        | ShowObjects::Routines { kind: _, schema, filter: _ }
        | ShowObjects::Templates { schema, filter: _ }
        | ShowObjects::GrantsOn { object: GrantedObject::Schema(schema), principal: _, filter: _ } => {
            schema.object_name().iter().for_each(|name| visitor.visit_schema(name.object(), Use::Mention));
        }
        ShowObjects::Procedure(Signature { name, args: _ }) => visitor.visit_routine(name, RoutineUse::Mention),
        ShowObjects::Parameters { kind: _, name, args: _, filter: _ } => {
            name.object_name().iter().for_each(|name| visitor.visit_routine(name, RoutineUse::Mention));
        }
        ShowObjects::GrantsOn {
            object: GrantedObject::Database(_) | GrantedObject::Template(_) | GrantedObject::Function { .. },
            principal: _,
            filter: _,
        }
        | ShowObjects::Policies { kind: _, of: None | Some(PoliciesOf::Database(_)), filter: _ }
        | ShowObjects::Databases { .. }
        | ShowObjects::Schemas { .. }
        | ShowObjects::OfDatabase { .. }
        | ShowObjects::GrantsFor { .. }
        | ShowObjects::Datashares(_)
        | ShowObjects::Model(_)
        | ShowObjects::Template(_)
        | ShowObjects::UserLockout => {}
    }
}

fn walk_rights<V: Visitor + ?Sized>(visitor: &mut V, statement: &Statement) {
    match statement {
        Statement::Grant(Grant { what: Granted::On(_, target), .. }) => walk_grant_target(visitor, target),
        Statement::Grant(Grant { what: Granted::Scoped(_, scope), .. }) => {
            scope.schema.iter().for_each(|schema| visitor.visit_schema(schema, Use::Define));
        }
        Statement::AlterDefaultPrivileges(alter) => {
            alter.schemas.iter().for_each(|schema| visitor.visit_schema(schema, Use::Define));
        }
        Statement::AlterDatashare(AlterDatashare { name: _, action }) => match action {
            AlterDatashareAction::Add(objects) | AlterDatashareAction::Remove(objects) => match objects {
                DatashareObjects::Tables(names) => relations(visitor, names, Use::Define),
                DatashareObjects::Schemas(schemas)
                | DatashareObjects::AllTablesInSchemas(schemas)
                | DatashareObjects::AllFunctionsInSchemas(schemas) => schemas_all(visitor, schemas),
                DatashareObjects::Functions(signatures) => signatures_all(visitor, signatures),
            },
            AlterDatashareAction::Set { public: _, include_new } => {
                include_new.iter().for_each(|(_, schema)| visitor.visit_schema(schema, Use::Define));
            }
        },
        _ => {}
    }
}

fn walk_grant_target<V: Visitor + ?Sized>(visitor: &mut V, target: &GrantTarget) {
    match target {
        GrantTarget::Tables(names) | GrantTarget::ExternalTables(names) => relations(visitor, names, Use::Define),
        GrantTarget::AllTablesInSchemas(schemas)
        | GrantTarget::AllFunctionsInSchemas(schemas)
        | GrantTarget::AllProceduresInSchemas(schemas)
        | GrantTarget::ExternalSchemas(schemas) => schemas_all(visitor, schemas),
        GrantTarget::Schemas(names) => {
            names.iter().for_each(|name| visitor.visit_schema(name.object(), Use::Define));
        }
        GrantTarget::Functions(signatures) | GrantTarget::Procedures(signatures) => {
            signatures_all(visitor, signatures);
        }
        GrantTarget::Databases(_)
        | GrantTarget::Languages(_)
        | GrantTarget::CopyJobs(_)
        | GrantTarget::Templates(_)
        | GrantTarget::Models(_)
        | GrantTarget::Datashares(_) => {}
    }
}

fn walk_routine<V: Visitor + ?Sized>(visitor: &mut V, statement: &Statement) {
    match statement {
        Statement::CreateFunction(create) => {
            visitor.visit_routine(&create.name, RoutineUse::Define);
            match create.language {
                // A function in SQL is one SELECT without FROM.
                FunctionLanguage::Sql => walk_text(visitor, &create.body.text),
                FunctionLanguage::Python => visitor.visit_opaque(Opaque::Body),
            }
        }
        Statement::CreateProcedure(create) => {
            visitor.visit_routine(&create.name, RoutineUse::Define);
            walk_procedure_body(visitor, &create.body.text, Mode::of(create.nonatomic));
        }
        Statement::CreateExternalFunction(create) => {
            visitor.visit_routine(&create.name, RoutineUse::Define);
            visitor.visit_opaque(Opaque::Body);
        }
        Statement::AlterRoutine(AlterRoutine { kind: _, signature, action: _ })
        | Statement::DropRoutine(DropRoutine { kind: _, signature, cascade: _ }) => {
            visitor.visit_routine(&signature.name, RoutineUse::Define);
        }
        Statement::Call(Call { name, args }) => {
            visitor.visit_routine(name, RoutineUse::Call);
            visitor.visit_opaque(Opaque::Call);
            each(visitor, args);
        }
        _ => {}
    }
}

/// A text of SQL inside of a statement.
fn walk_text<V: Visitor + ?Sized>(visitor: &mut V, text: &str) {
    match crate::parse(text) {
        Ok(parsed) => parsed.iter().for_each(|parsed| visitor.visit_statement(&parsed.statement)),
        Err(_) => visitor.visit_opaque(Opaque::Body),
    }
}

fn walk_model<V: Visitor + ?Sized>(visitor: &mut V, statement: &Statement) {
    match statement {
        Statement::CreateModel(create) => {
            create.function.iter().for_each(|function| visitor.visit_routine(function, RoutineUse::Define));
            match &create.source {
                Some(ModelSource::Table(name)) => visitor.visit_relation(name, Use::Read),
                Some(ModelSource::Query(query)) => visitor.visit_query(query),
                Some(ModelSource::Job(location)) => visitor.visit_location(location, Direction::In),
                None => {}
            }
            for setting in &create.settings {
                if let ModelSetting::S3Bucket(bucket) = setting {
                    visitor.visit_location(&format!("s3://{bucket}/"), Direction::Out);
                }
            }
        }
        Statement::CreateExternalModel(create) => visitor.visit_routine(&create.function, RoutineUse::Define),
        _ => {}
    }
}

fn each<V: Visitor + ?Sized>(visitor: &mut V, exprs: &[Expr]) {
    exprs.iter().for_each(|expr| visitor.visit_expr(expr));
}

fn relations<V: Visitor + ?Sized>(visitor: &mut V, names: &[ObjectName], usage: Use) {
    names.iter().for_each(|name| visitor.visit_relation(name, usage));
}

fn schemas_all<V: Visitor + ?Sized>(visitor: &mut V, schemas: &[Ident]) {
    schemas.iter().for_each(|schema| visitor.visit_schema(schema, Use::Define));
}

fn signatures_all<V: Visitor + ?Sized>(visitor: &mut V, signatures: &[Signature]) {
    signatures.iter().for_each(|signature| visitor.visit_routine(&signature.name, RoutineUse::Define));
}
