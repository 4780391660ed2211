//! External schemas, tables and views; data shares.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Properties, Quoted, TextClause, Typed, expr::above, flag, true_false};
use crate::{
    ast::{
        AlterDatashare, AlterDatashareAction, AlterExternalSchema, AlterExternalTableAction, AlterExternalView,
        Authentication, CreateDatashare, CreateExternalSchema, CreateExternalTable, CreateExternalView,
        DatashareObjects, DescDatashare, DropDatashare, DropExternalView, ExternalSchemaOption, ExternalSource,
        ExternalType, FileFormat, PartitionColumn, PartitionTransform, RowDelimiter, RowFormat,
    },
    names::Ident,
    precedence::OPERATOR,
};

impl Display for CreateExternalSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exists = flag(self.if_not_exists, " IF NOT EXISTS");
        write!(f, "CREATE EXTERNAL SCHEMA{exists} {} FROM ", self.name)?;
        f.write_str(match self.source {
            ExternalSource::DataCatalog => "DATA CATALOG",
            ExternalSource::HiveMetastore => "HIVE METASTORE",
            ExternalSource::Postgres => "POSTGRES",
            ExternalSource::MySql => "MYSQL",
            ExternalSource::Kinesis => "KINESIS",
            ExternalSource::Msk => "MSK",
            ExternalSource::Kafka => "KAFKA",
            ExternalSource::Redshift => "REDSHIFT",
        })?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for AlterExternalSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER EXTERNAL SCHEMA {}", self.name)?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for ExternalSchemaOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (words, text) = match self {
            ExternalSchemaOption::Uri { uri, port } => {
                return write!(f, "URI {}{}", Quoted(uri), Clause("PORT", port));
            }
            ExternalSchemaOption::IamRole(role) => return write!(f, "IAM_ROLE {role}"),
            ExternalSchemaOption::CatalogRole(role) => return write!(f, "CATALOG_ROLE {role}"),
            ExternalSchemaOption::CreateDatabase => return f.write_str("CREATE EXTERNAL DATABASE IF NOT EXISTS"),
            ExternalSchemaOption::Authentication(how) => {
                return f.write_str(match how {
                    Authentication::None => "AUTHENTICATION none",
                    Authentication::Iam => "AUTHENTICATION iam",
                    Authentication::Mtls => "AUTHENTICATION mtls",
                });
            }
            ExternalSchemaOption::Database(text) => ("DATABASE", text),
            ExternalSchemaOption::Schema(text) => ("SCHEMA", text),
            ExternalSchemaOption::Region(text) => ("REGION", text),
            ExternalSchemaOption::SecretArn(text) => ("SECRET_ARN", text),
            ExternalSchemaOption::AuthenticationArn(text) => ("AUTHENTICATION_ARN", text),
            ExternalSchemaOption::ClusterArn(text) => ("CLUSTER_ARN", text),
            ExternalSchemaOption::CatalogId(text) => ("CATALOG_ID", text),
        };
        write!(f, "{words} {}", Quoted(text))
    }
}

impl Display for CreateExternalTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exists = flag(self.if_not_exists, " IF NOT EXISTS");
        write!(f, "CREATE EXTERNAL TABLE{exists} {}", self.name)?;
        if !self.columns.is_empty() {
            write!(f, " ({})", Typed(&self.columns))?;
        }
        if !self.partitioned_by.is_empty() {
            write!(f, " PARTITIONED BY ({})", List(&self.partitioned_by))?;
        }
        write!(f, "{}{}", Clause("ROW FORMAT", &self.row_format), Clause("STORED AS", &self.format))?;
        write!(f, "{}", TextClause("LOCATION", &self.location))?;
        if !self.properties.is_empty() {
            write!(f, " TABLE PROPERTIES {}", Properties(&self.properties))?;
        }
        write!(f, "{}", Clause("AS", &self.query))
    }
}

impl Display for ExternalType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ExternalType::Scalar(ty) => write!(f, "{ty}"),
            ExternalType::Array(item) => write!(f, "array<{item}>"),
            ExternalType::Map(key, value) => write!(f, "map<{key}, {value}>"),
            ExternalType::Struct(fields) => {
                f.write_str("struct<")?;
                for (index, (name, ty)) in fields.iter().enumerate() {
                    // A blank behind the colon: `a::int` would be a cast.
                    write!(f, "{}{name}: {ty}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(">")
            }
        }
    }
}

impl Display for PartitionColumn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            PartitionColumn::Column { name, ty: Some(ty) } => write!(f, "{name} {ty}"),
            PartitionColumn::Column { name, ty: None } => write!(f, "{name}"),
            PartitionColumn::Transform { transform, column } => match transform {
                PartitionTransform::Year => write!(f, "YEAR({column})"),
                PartitionTransform::Month => write!(f, "MONTH({column})"),
                PartitionTransform::Day => write!(f, "DAY({column})"),
                PartitionTransform::Hour => write!(f, "HOUR({column})"),
                PartitionTransform::Bucket(count) => write!(f, "BUCKET({count}, {column})"),
                PartitionTransform::Truncate(width) => write!(f, "TRUNCATE({width}, {column})"),
            },
        }
    }
}

impl Display for RowFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            RowFormat::Delimited(delimiters) => {
                f.write_str("DELIMITED")?;
                delimiters.iter().try_for_each(|delimiter| write!(f, " {delimiter}"))
            }
            RowFormat::Serde { class, properties } => {
                write!(f, "SERDE {}", Quoted(class))?;
                if properties.is_empty() {
                    return Ok(());
                }
                write!(f, " WITH SERDEPROPERTIES {}", Properties(properties))
            }
        }
    }
}

impl Display for RowDelimiter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (what, text) = match self {
            RowDelimiter::Fields(text) => ("FIELDS", text),
            RowDelimiter::Lines(text) => ("LINES", text),
            RowDelimiter::CollectionItems(text) => ("COLLECTION ITEMS", text),
            RowDelimiter::MapKeys(text) => ("MAP KEYS", text),
        };
        write!(f, "{what} TERMINATED BY {}", Quoted(text))
    }
}

impl Display for FileFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileFormat::Parquet => "PARQUET",
            FileFormat::RcFile => "RCFILE",
            FileFormat::SequenceFile => "SEQUENCEFILE",
            FileFormat::TextFile => "TEXTFILE",
            FileFormat::Orc => "ORC",
            FileFormat::Avro => "AVRO",
            FileFormat::Iceberg => "ICEBERG",
            FileFormat::Classes { input, output } => {
                return write!(f, "INPUTFORMAT {} OUTPUTFORMAT {}", Quoted(input), Quoted(output));
            }
        })
    }
}

/// `(column = value, ...)`
struct Partition<'a>(&'a [(Ident, crate::ast::Expr)]);

impl Display for Partition<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, (column, value)) in self.0.iter().enumerate() {
            write!(f, "{}{column} = ", if index > 0 { ", " } else { "" })?;
            above(f, value, OPERATOR)?;
        }
        f.write_str(")")
    }
}

impl Display for AlterExternalTableAction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            AlterExternalTableAction::SetLocation(location) => write!(f, "SET LOCATION {}", Quoted(location)),
            AlterExternalTableAction::SetFileFormat(format) => write!(f, "SET FILE FORMAT {format}"),
            AlterExternalTableAction::SetProperties(properties) => {
                write!(f, "SET TABLE PROPERTIES {}", Properties(properties))
            }
            AlterExternalTableAction::AddPartitions { if_not_exists, partitions } => {
                f.write_str("ADD")?;
                f.write_str(flag(*if_not_exists, " IF NOT EXISTS"))?;
                partitions.iter().try_for_each(|(partition, location)| {
                    write!(f, " PARTITION {} LOCATION {}", Partition(partition), Quoted(location))
                })
            }
            AlterExternalTableAction::AddPartitionField(field) => write!(f, "ADD PARTITION FIELD {field}"),
            AlterExternalTableAction::DropPartitionField(field) => write!(f, "DROP PARTITION FIELD {field}"),
            AlterExternalTableAction::ReplacePartitionField { from, to } => {
                write!(f, "REPLACE PARTITION FIELD {from} WITH {to}")
            }
            AlterExternalTableAction::DropPartition(partition) => write!(f, "DROP PARTITION {}", Partition(partition)),
            AlterExternalTableAction::SetPartitionLocation { partition, location } => {
                write!(f, "PARTITION {} SET LOCATION {}", Partition(partition), Quoted(location))
            }
        }
    }
}

impl Display for CreateExternalView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let protected = flag(self.protected, " PROTECTED");
        let exists = flag(self.if_not_exists, " IF NOT EXISTS");
        write!(f, "CREATE EXTERNAL{protected} VIEW {}{exists} AS {}", self.name, self.query)
    }
}

impl Display for AlterExternalView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER EXTERNAL VIEW {}{}", self.name, flag(self.force, " FORCE"))?;
        match &self.query {
            Some(query) => write!(f, " AS ({query})"),
            None => f.write_str(" REMOVE DEFINITION"),
        }
    }
}

impl Display for DropExternalView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DROP EXTERNAL VIEW {}{}", self.name, flag(self.if_exists, " IF EXISTS"))
    }
}

// ---- Data shares

impl Display for CreateDatashare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE DATASHARE {}", self.name)?;
        if let Some(public) = self.public {
            write!(f, " SET PUBLICACCESSIBLE = {}", true_false(public))?;
        }
        f.write_str(match (self.public, self.managed_by_adx) {
            (_, false) => "",
            (Some(_), true) => ", MANAGEDBY ADX",
            (None, true) => " MANAGEDBY ADX",
        })
    }
}

impl Display for AlterDatashare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER DATASHARE {}", self.name)?;
        match &self.action {
            AlterDatashareAction::Add(objects) => write!(f, " ADD {objects}"),
            AlterDatashareAction::Remove(objects) => write!(f, " REMOVE {objects}"),
            AlterDatashareAction::Set { public, include_new } => {
                if let Some(public) = public {
                    write!(f, " SET PUBLICACCESSIBLE = {}", true_false(*public))?;
                }
                if let Some((on, schema)) = include_new {
                    write!(f, " SET INCLUDENEW = {} FOR SCHEMA {schema}", true_false(*on))?;
                }
                Ok(())
            }
        }
    }
}

impl Display for DatashareObjects {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            DatashareObjects::Tables(names) => write!(f, "TABLE {}", List(names)),
            DatashareObjects::Schemas(names) => write!(f, "SCHEMA {}", List(names)),
            DatashareObjects::Functions(signatures) => write!(f, "FUNCTION {}", List(signatures)),
            DatashareObjects::AllTablesInSchemas(names) => write!(f, "ALL TABLES IN SCHEMA {}", List(names)),
            DatashareObjects::AllFunctionsInSchemas(names) => write!(f, "ALL FUNCTIONS IN SCHEMA {}", List(names)),
        }
    }
}

impl Display for DropDatashare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DROP DATASHARE{} {}", flag(self.if_exists, " IF EXISTS"), self.name)
    }
}

impl Display for DescDatashare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DESC DATASHARE {}{}", self.name, Clause("OF", &self.producer))
    }
}
