//! External schemas, tables and views; data shares.

use super::Parser;
use crate::{
    ast::{
        AlterDatashare, AlterDatashareAction, AlterExternalSchema, AlterExternalTable, AlterExternalTableAction,
        AlterExternalView, Authentication, CreateDatashare, CreateExternalSchema, CreateExternalTable,
        CreateExternalView, DatashareObjects, DescDatashare, DropDatashare, DropExternalView, ExternalSchemaOption,
        ExternalSource, ExternalType, FileFormat, PartitionValues, Producer, RowDelimiter, RowFormat, Statement,
    },
    error::Result,
    lexer::{Token, TokenKind},
    names::{Ident, ObjectName},
    precedence::OPERATOR,
};

impl Parser<'_> {
    // ---- External schemas

    /// SCHEMA and what follows, behind CREATE EXTERNAL.
    pub(super) fn create_external_schema(&mut self) -> Result<Statement> {
        self.advance();
        let if_not_exists = self.if_not_exists();
        let name = self.ident()?;
        self.expect_word("from")?;
        let source = self.external_source()?;
        let options = self.external_schema_options()?;
        Ok(Statement::CreateExternalSchema(CreateExternalSchema { name, if_not_exists, source, options }))
    }

    /// DATA CATALOG where nothing is written.
    fn external_source(&mut self) -> Result<ExternalSource> {
        let source = match self.folded_word().as_str() {
            "data" => {
                self.expect_words(&["data", "catalog"])?;
                return Ok(ExternalSource::DataCatalog);
            }
            "hive" => {
                self.expect_words(&["hive", "metastore"])?;
                return Ok(ExternalSource::HiveMetastore);
            }
            "database" => return Ok(ExternalSource::DataCatalog),
            "postgres" => ExternalSource::Postgres,
            "mysql" => ExternalSource::MySql,
            "kinesis" => ExternalSource::Kinesis,
            "msk" => ExternalSource::Msk,
            "kafka" => ExternalSource::Kafka,
            "redshift" => ExternalSource::Redshift,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(source)
    }

    fn external_schema_options(&mut self) -> Result<Vec<ExternalSchemaOption>> {
        let mut options = Vec::new();
        while self.at + 1 < self.tokens.len() {
            options.push(self.external_schema_option()?);
        }
        Ok(options)
    }

    fn external_schema_option(&mut self) -> Result<ExternalSchemaOption> {
        let word = self.folded_word();
        if word == "create" {
            self.expect_words(&["create", "external", "database", "if", "not", "exists"])?;
            return Ok(ExternalSchemaOption::CreateDatabase);
        }
        let start = self.at;
        self.advance();
        Ok(match word.as_str() {
            "database" => ExternalSchemaOption::Database(self.string()?),
            "schema" => ExternalSchemaOption::Schema(self.string()?),
            "region" => ExternalSchemaOption::Region(self.string()?),
            "uri" => {
                let uri = self.string()?;
                let port = if self.eat_word("port") { Some(self.unsigned()?) } else { None };
                ExternalSchemaOption::Uri { uri, port }
            }
            "iam_role" => ExternalSchemaOption::IamRole(self.iam_role_value()?),
            "secret_arn" => ExternalSchemaOption::SecretArn(self.string()?),
            "authentication" => ExternalSchemaOption::Authentication(self.authentication()?),
            "authentication_arn" => ExternalSchemaOption::AuthenticationArn(self.string()?),
            "cluster_arn" => ExternalSchemaOption::ClusterArn(self.string()?),
            "catalog_role" => ExternalSchemaOption::CatalogRole(self.iam_role_value()?),
            "catalog_id" => ExternalSchemaOption::CatalogId(self.string()?),
            _ => return Err(self.unexpected_at(start)),
        })
    }

    fn authentication(&mut self) -> Result<Authentication> {
        let found = match self.folded_word().as_str() {
            "none" => Authentication::None,
            "iam" => Authentication::Iam,
            "mtls" => Authentication::Mtls,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(found)
    }

    /// SCHEMA and what follows, behind ALTER EXTERNAL.
    pub(super) fn alter_external_schema(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let start = self.at;
        let options = self.external_schema_options()?;
        if options.is_empty() {
            return Err(self.unexpected_at(start));
        }
        Ok(Statement::AlterExternalSchema(AlterExternalSchema { name, options }))
    }

    // ---- External tables

    /// TABLE and what follows, behind CREATE EXTERNAL.
    pub(super) fn create_external_table(&mut self) -> Result<Statement> {
        self.advance();
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let columns = if self.is(TokenKind::LeftParen) {
            self.paren_list(|parser| Ok((parser.ident()?, parser.external_type()?)))?
        } else {
            Vec::new()
        };
        let partitioned_by = self.partitioned_by()?;
        let row_format = self.row_format()?;
        let format = if self.eat_words(&["stored", "as"]) { Some(self.file_format()?) } else { None };
        let location = if self.eat_word("location") { Some(self.string()?) } else { None };
        let properties = self.table_properties()?;
        let query = if self.eat_word("as") { Some(self.query()?) } else { None };
        if columns.is_empty() && query.is_none() {
            return Err(self.unexpected());
        }
        Ok(Statement::CreateExternalTable(Box::new(CreateExternalTable {
            name,
            if_not_exists,
            columns,
            partitioned_by,
            row_format,
            format,
            location,
            properties,
            query,
        })))
    }

    /// `struct<a: int>`, `array<int>`, `map<varchar(5), int>` or a type of Redshift's.
    fn external_type(&mut self) -> Result<ExternalType> {
        let nested = self.peek_at(1).kind == TokenKind::Lt;
        let word = self.folded_word();
        if !nested || !matches!(word.as_str(), "struct" | "array" | "map") {
            return self.column_type().map(ExternalType::Scalar);
        }
        let entered = self.enter()?;
        self.at += 2;
        let ty = match word.as_str() {
            "struct" => ExternalType::Struct(self.comma_list(|parser| {
                let name = parser.label()?;
                parser.expect(TokenKind::Colon)?;
                Ok((name, parser.external_type()?))
            })?),
            "array" => ExternalType::Array(Box::new(self.external_type()?)),
            _ => {
                let key = Box::new(self.external_type()?);
                self.expect(TokenKind::Comma)?;
                ExternalType::Map(key, Box::new(self.external_type()?))
            }
        };
        self.closing_angle()?;
        self.grow()?;
        self.leave(entered);
        Ok(ty)
    }

    /// One `>`, though the lexer may have taken several together.
    fn closing_angle(&mut self) -> Result<()> {
        let token = self.peek();
        let text = self.token_text(token);
        if !text.bytes().all(|byte| byte == b'>') || text.is_empty() {
            return Err(self.unexpected());
        }
        let rest = match text.len() {
            1 => {
                self.advance();
                return Ok(());
            }
            2 => TokenKind::Gt,
            3 => TokenKind::ShiftRight,
            _ => TokenKind::OtherOperator,
        };
        self.tokens[self.at] = Token { kind: rest, start: token.start + 1, end: token.end };
        Ok(())
    }

    fn row_format(&mut self) -> Result<Option<RowFormat>> {
        if !self.eat_words(&["row", "format"]) {
            return Ok(None);
        }
        if self.eat_word("serde") {
            let class = self.string()?;
            let properties = if self.eat_words(&["with", "serdeproperties"]) { self.properties()? } else { Vec::new() };
            return Ok(Some(RowFormat::Serde { class, properties }));
        }
        self.expect_word("delimited")?;
        let mut delimiters = Vec::new();
        loop {
            let make = if self.eat_word("fields") {
                RowDelimiter::Fields
            } else if self.eat_word("lines") {
                RowDelimiter::Lines
            } else if self.eat_words(&["collection", "items"]) {
                RowDelimiter::CollectionItems
            } else if self.eat_words(&["map", "keys"]) {
                RowDelimiter::MapKeys
            } else {
                return Ok(Some(RowFormat::Delimited(delimiters)));
            };
            self.expect_words(&["terminated", "by"])?;
            delimiters.push(make(self.string()?));
        }
    }

    fn file_format(&mut self) -> Result<FileFormat> {
        let start = self.at;
        let word = self.folded_word();
        self.advance();
        Ok(match word.as_str() {
            "parquet" => FileFormat::Parquet,
            "rcfile" => FileFormat::RcFile,
            "sequencefile" => FileFormat::SequenceFile,
            "textfile" => FileFormat::TextFile,
            "orc" => FileFormat::Orc,
            "avro" => FileFormat::Avro,
            "iceberg" => FileFormat::Iceberg,
            "inputformat" => {
                let input = self.string()?;
                self.expect_word("outputformat")?;
                FileFormat::Classes { input, output: self.string()? }
            }
            _ => return Err(self.unexpected_at(start)),
        })
    }

    /// The forms of ALTER TABLE that only external tables have; none where another one stands here.
    pub(super) fn alter_external_table(&mut self, name: &ObjectName) -> Result<Option<Statement>> {
        let action = if self.eat_words(&["set", "location"]) {
            AlterExternalTableAction::SetLocation(self.string()?)
        } else if self.eat_words(&["set", "file", "format"]) {
            AlterExternalTableAction::SetFileFormat(self.file_format()?)
        } else if self.eat_words(&["set", "table", "properties"]) {
            AlterExternalTableAction::SetProperties(self.properties()?)
        } else if self.are_words(&["add", "partition"]) && self.peek_at(2).kind == TokenKind::LeftParen {
            self.advance();
            self.add_partitions(false)?
        } else if self.eat_words(&["add", "partition", "field"]) {
            AlterExternalTableAction::AddPartitionField(self.partition_field()?)
        } else if self.eat_words(&["drop", "partition", "field"]) {
            AlterExternalTableAction::DropPartitionField(self.partition_field()?)
        } else if self.eat_words(&["replace", "partition", "field"]) {
            let from = self.partition_field()?;
            self.expect_word("with")?;
            AlterExternalTableAction::ReplacePartitionField { from, to: self.partition_field()? }
        } else if self.are_words(&["add", "if", "not", "exists", "partition"]) {
            self.at += 4;
            self.add_partitions(true)?
        } else if self.are_words(&["drop", "partition"]) && self.peek_at(2).kind == TokenKind::LeftParen {
            self.at += 2;
            AlterExternalTableAction::DropPartition(self.partition_values()?)
        } else if self.is_word("partition") && self.peek_at(1).kind == TokenKind::LeftParen {
            self.advance();
            let partition = self.partition_values()?;
            self.expect_words(&["set", "location"])?;
            AlterExternalTableAction::SetPartitionLocation { partition, location: self.string()? }
        } else {
            return Ok(None);
        };
        Ok(Some(Statement::AlterExternalTable(AlterExternalTable { name: name.clone(), action })))
    }

    /// `PARTITION (...) LOCATION '...'`, one or more, with or without commas between them.
    fn add_partitions(&mut self, if_not_exists: bool) -> Result<AlterExternalTableAction> {
        let mut partitions = Vec::new();
        loop {
            self.expect_word("partition")?;
            let values = self.partition_values()?;
            self.expect_word("location")?;
            partitions.push((values, self.string()?));
            if !self.eat(TokenKind::Comma) && !self.is_word("partition") {
                return Ok(AlterExternalTableAction::AddPartitions { if_not_exists, partitions });
            }
        }
    }

    /// `(column = value, ...)`
    fn partition_values(&mut self) -> Result<PartitionValues> {
        self.paren_list(|parser| {
            let column = parser.ident()?;
            parser.expect(TokenKind::Eq)?;
            Ok((column, parser.expr_above(OPERATOR)?))
        })
    }

    // ---- External views

    /// `[PROTECTED] VIEW` and what follows, behind CREATE EXTERNAL.
    pub(super) fn create_external_view(&mut self) -> Result<Statement> {
        let protected = self.eat_word("protected");
        self.expect_word("view")?;
        let before = self.if_not_exists();
        let name = self.object_name()?;
        let if_not_exists = before || self.if_not_exists();
        self.expect_word("as")?;
        let query = self.query()?;
        Ok(Statement::CreateExternalView(CreateExternalView { protected, name, if_not_exists, query }))
    }

    /// VIEW and what follows, behind ALTER EXTERNAL.
    pub(super) fn alter_external_view(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        let force = self.eat_word("force");
        let query = if self.eat_words(&["remove", "definition"]) {
            None
        } else {
            self.expect_word("as")?;
            Some(if self.is(TokenKind::LeftParen) { self.paren_query()? } else { self.query()? })
        };
        Ok(Statement::AlterExternalView(AlterExternalView { name, force, query }))
    }

    /// VIEW and what follows, behind DROP EXTERNAL.
    pub(super) fn drop_external_view(&mut self) -> Result<Statement> {
        self.advance();
        let before = self.eat_words(&["if", "exists"]);
        let name = self.object_name()?;
        let if_exists = before || self.eat_words(&["if", "exists"]);
        Ok(Statement::DropExternalView(DropExternalView { name, if_exists }))
    }

    // ---- Data shares

    pub(super) fn create_datashare(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let mut share = CreateDatashare { name, public: None, managed_by_adx: false };
        loop {
            let set = self.eat_word("set");
            if share.public.is_none() && self.eat_word("publicaccessible") {
                share.public = Some(self.equals_true_false()?);
            } else if !share.managed_by_adx && self.eat_word("managedby") {
                self.eat(TokenKind::Eq);
                self.expect_word("adx")?;
                share.managed_by_adx = true;
            } else if set {
                return Err(self.unexpected());
            } else {
                return Ok(Statement::CreateDatashare(share));
            }
            self.eat(TokenKind::Comma);
        }
    }

    pub(super) fn alter_datashare(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let action = if self.eat_word("add") {
            AlterDatashareAction::Add(self.datashare_objects()?)
        } else if self.eat_word("remove") {
            AlterDatashareAction::Remove(self.datashare_objects()?)
        } else {
            self.datashare_settings()?
        };
        Ok(Statement::AlterDatashare(AlterDatashare { name, action }))
    }

    fn datashare_objects(&mut self) -> Result<DatashareObjects> {
        if self.eat_words(&["all", "tables", "in", "schema"]) {
            self.comma_list(Self::ident).map(DatashareObjects::AllTablesInSchemas)
        } else if self.eat_words(&["all", "functions", "in", "schema"]) {
            self.comma_list(Self::ident).map(DatashareObjects::AllFunctionsInSchemas)
        } else if self.eat_word("table") {
            self.comma_list(Self::object_name).map(DatashareObjects::Tables)
        } else if self.eat_word("schema") {
            self.comma_list(Self::ident).map(DatashareObjects::Schemas)
        } else {
            self.expect_word("function")?;
            self.comma_list(Self::signature).map(DatashareObjects::Functions)
        }
    }

    fn datashare_settings(&mut self) -> Result<AlterDatashareAction> {
        let (mut public, mut include_new): (Option<bool>, Option<(bool, Ident)>) = (None, None);
        loop {
            self.expect_word("set")?;
            if public.is_none() && self.eat_word("publicaccessible") {
                public = Some(self.equals_true_false()?);
            } else if include_new.is_none() && self.eat_word("includenew") {
                let on = self.equals_true_false()?;
                self.expect_words(&["for", "schema"])?;
                include_new = Some((on, self.ident()?));
            } else {
                return Err(self.unexpected());
            }
            if !self.is_word("set") {
                return Ok(AlterDatashareAction::Set { public, include_new });
            }
        }
    }

    pub(super) fn drop_datashare(&mut self) -> Result<Statement> {
        self.advance();
        let if_exists = self.eat_words(&["if", "exists"]);
        Ok(Statement::DropDatashare(DropDatashare { if_exists, name: self.ident()? }))
    }

    /// DATASHARE and what follows, behind DESC.
    pub(super) fn desc_datashare(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let producer = if self.eat_word("of") { Some(self.producer()?) } else { None };
        Ok(Statement::DescDatashare(DescDatashare { name, producer }))
    }

    /// `[ACCOUNT 'id'] NAMESPACE 'guid'`
    pub(super) fn producer(&mut self) -> Result<Producer> {
        let account = if self.eat_word("account") { Some(self.string()?) } else { None };
        self.expect_word("namespace")?;
        Ok(Producer { account, namespace: self.string()? })
    }
}
