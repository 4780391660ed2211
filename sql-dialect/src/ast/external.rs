//! What lives outside of the warehouse: external schemas, tables and views; data shares.

use super::{DataType, Expr, Query, Signature};
use crate::names::{Ident, ObjectName};

/// `IAM_ROLE default | 'SESSION' | 'arn'`
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IamRole {
    Default,
    Session,
    /// One or a chain, separated by commas.
    Arn(String),
}

/// `CREATE EXTERNAL SCHEMA [IF NOT EXISTS] name FROM source options`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateExternalSchema {
    /// Its name.
    pub name: Ident,
    /// IF NOT EXISTS?
    pub if_not_exists: bool,
    /// Where its tables are.
    pub source: ExternalSource,
    /// The options, in order.
    pub options: Vec<ExternalSchemaOption>,
}

/// Where an external schema's tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ExternalSource {
    DataCatalog,
    HiveMetastore,
    Postgres,
    MySql,
    Kinesis,
    Msk,
    Kafka,
    Redshift,
}

/// An option of CREATE and ALTER EXTERNAL SCHEMA.
#[derive(Debug, Clone, PartialEq)]
pub enum ExternalSchemaOption {
    /// `DATABASE 'name'`
    Database(String),
    /// `SCHEMA 'name'`
    Schema(String),
    /// `REGION 'region'`
    Region(String),
    /// `URI 'host' [PORT n]`
    Uri {
        /// The host or the list of brokers.
        uri: String,
        /// Its port.
        port: Option<u16>,
    },
    /// IAM_ROLE
    IamRole(IamRole),
    /// `SECRET_ARN 'arn'`
    SecretArn(String),
    /// `AUTHENTICATION none | iam | mtls`
    Authentication(Authentication),
    /// `AUTHENTICATION_ARN 'arn'`
    AuthenticationArn(String),
    /// `CLUSTER_ARN 'arn'`
    ClusterArn(String),
    /// `CATALOG_ROLE 'SESSION' | 'arn'`
    CatalogRole(IamRole),
    /// `CREATE EXTERNAL DATABASE IF NOT EXISTS`
    CreateDatabase,
    /// `CATALOG_ID 'account'`
    CatalogId(String),
}

/// How a stream's reader tells who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Authentication {
    None,
    Iam,
    Mtls,
}

/// `ALTER EXTERNAL SCHEMA name options`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterExternalSchema {
    /// Which schema.
    pub name: Ident,
    /// Its new options.
    pub options: Vec<ExternalSchemaOption>,
}

/// `CREATE EXTERNAL TABLE name (columns) [PARTITIONED BY] [ROW FORMAT] STORED AS format LOCATION 's3://' ... [AS query]`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateExternalTable {
    /// Its name.
    pub name: ObjectName,
    /// IF NOT EXISTS?
    pub if_not_exists: bool,
    /// Its columns; none with AS.
    pub columns: Vec<(Ident, ExternalType)>,
    /// PARTITIONED BY; without types where there is an AS.
    pub partitioned_by: Vec<PartitionColumn>,
    /// ROW FORMAT
    pub row_format: Option<RowFormat>,
    /// STORED AS; what ROW FORMAT implies where it is left out.
    pub format: Option<FileFormat>,
    /// LOCATION; left out for tables whose catalog knows where to put them.
    pub location: Option<String>,
    /// TABLE PROPERTIES
    pub properties: Vec<(String, String)>,
    /// AS
    pub query: Option<Box<Query>>,
}

/// The type of an external column.
///
/// Source: developer guide, "CREATE EXTERNAL TABLE" and "Querying nested data with Amazon Redshift Spectrum".
#[derive(Debug, Clone, PartialEq)]
pub enum ExternalType {
    /// One of Redshift's.
    Scalar(DataType),
    /// `array<type>`
    Array(Box<ExternalType>),
    /// `map<key, value>`
    Map(Box<ExternalType>, Box<ExternalType>),
    /// `struct<name: type, ...>`
    Struct(Vec<(Ident, ExternalType)>),
}

/// What a table or materialized view is partitioned by.
#[derive(Debug, Clone, PartialEq)]
pub enum PartitionColumn {
    /// `name [type]`
    Column {
        /// The column.
        name: Ident,
        /// Its type, of which Redshift cannot know where there is no query.
        ty: Option<DataType>,
    },
    /// `YEAR(name)`, `BUCKET(n, name)`, ...: of Iceberg tables.
    Transform {
        /// What is done with the value.
        transform: PartitionTransform,
        /// The column.
        column: Ident,
    },
}

/// The transforms of Iceberg's partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PartitionTransform {
    Year,
    Month,
    Day,
    Hour,
    Bucket(u64),
    Truncate(u64),
}

/// ROW FORMAT of an external table.
#[derive(Debug, Clone, PartialEq)]
pub enum RowFormat {
    /// `DELIMITED [FIELDS TERMINATED BY 'c'] [LINES TERMINATED BY 'c'] ...`
    Delimited(Vec<RowDelimiter>),
    /// `SERDE 'class' [WITH SERDEPROPERTIES (...)]`
    Serde {
        /// The class.
        class: String,
        /// Its properties.
        properties: Vec<(String, String)>,
    },
}

/// What separates the parts of a delimited row.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum RowDelimiter {
    Fields(String),
    Lines(String),
    CollectionItems(String),
    MapKeys(String),
}

/// STORED AS of an external table.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum FileFormat {
    Parquet,
    RcFile,
    SequenceFile,
    TextFile,
    Orc,
    Avro,
    Iceberg,
    /// `INPUTFORMAT 'class' OUTPUTFORMAT 'class'`
    Classes {
        input: String,
        output: String,
    },
}

/// `ALTER TABLE external_table ...` in the forms that only external tables have.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterExternalTable {
    /// Which table.
    pub name: ObjectName,
    /// What is done to it.
    pub action: AlterExternalTableAction,
}

/// What ALTER TABLE does to an external table.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterExternalTableAction {
    /// `SET LOCATION 's3://...'`
    SetLocation(String),
    /// `SET FILE FORMAT format`
    SetFileFormat(FileFormat),
    /// `SET TABLE PROPERTIES (...)`
    SetProperties(Vec<(String, String)>),
    /// `ADD [IF NOT EXISTS] PARTITION (...) LOCATION '...' ...`
    AddPartitions {
        /// IF NOT EXISTS?
        if_not_exists: bool,
        /// Partitions and where they are.
        partitions: Vec<(PartitionValues, String)>,
    },
    /// `DROP PARTITION (...)`
    DropPartition(PartitionValues),
    /// `ADD PARTITION FIELD field`, of Iceberg tables.
    AddPartitionField(PartitionColumn),
    /// `DROP PARTITION FIELD field`
    DropPartitionField(PartitionColumn),
    /// `REPLACE PARTITION FIELD field WITH field`
    ReplacePartitionField {
        /// The field that there is.
        from: PartitionColumn,
        /// The field that there will be.
        to: PartitionColumn,
    },
    /// `PARTITION (...) SET LOCATION '...'`
    SetPartitionLocation {
        /// Which partition.
        partition: PartitionValues,
        /// Where it is now.
        location: String,
    },
}

/// `(column = value, ...)`
pub type PartitionValues = Vec<(Ident, Expr)>;

/// `CREATE EXTERNAL [PROTECTED] VIEW name [IF NOT EXISTS] AS query`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateExternalView {
    /// PROTECTED?
    pub protected: bool,
    /// Its name.
    pub name: ObjectName,
    /// IF NOT EXISTS?
    pub if_not_exists: bool,
    /// What it shows.
    pub query: Box<Query>,
}

/// `ALTER EXTERNAL VIEW name [FORCE] AS (query) | REMOVE DEFINITION`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterExternalView {
    /// Which view.
    pub name: ObjectName,
    /// FORCE?
    pub force: bool,
    /// Its new query; none is REMOVE DEFINITION.
    pub query: Option<Box<Query>>,
}

/// `DROP EXTERNAL VIEW name [IF EXISTS]`
#[derive(Debug, Clone, PartialEq)]
pub struct DropExternalView {
    /// Which view.
    pub name: ObjectName,
    /// IF EXISTS?
    pub if_exists: bool,
}

/// `CREATE DATASHARE name [[SET] PUBLICACCESSIBLE [=] TRUE | FALSE] [MANAGEDBY ADX]`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateDatashare {
    /// Its name.
    pub name: Ident,
    /// PUBLICACCESSIBLE
    pub public: Option<bool>,
    /// MANAGEDBY ADX: AWS Data Exchange.
    pub managed_by_adx: bool,
}

/// `ALTER DATASHARE name ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterDatashare {
    /// Which one.
    pub name: Ident,
    /// What is done to it.
    pub action: AlterDatashareAction,
}

/// What ALTER DATASHARE does.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterDatashareAction {
    /// `ADD objects`
    Add(DatashareObjects),
    /// `REMOVE objects`
    Remove(DatashareObjects),
    /// `SET ...`
    Set {
        /// `PUBLICACCESSIBLE [=] TRUE | FALSE`
        public: Option<bool>,
        /// `INCLUDENEW [=] TRUE | FALSE FOR SCHEMA schema`
        include_new: Option<(bool, Ident)>,
    },
}

/// What a datashare holds.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum DatashareObjects {
    Tables(Vec<ObjectName>),
    Schemas(Vec<Ident>),
    Functions(Vec<Signature>),
    AllTablesInSchemas(Vec<Ident>),
    AllFunctionsInSchemas(Vec<Ident>),
}

/// `[OF] [ACCOUNT 'id'] NAMESPACE 'guid'`: whose datashare it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Producer {
    /// The account.
    pub account: Option<String>,
    /// The namespace.
    pub namespace: String,
}

/// `DROP DATASHARE [IF EXISTS] name`
#[derive(Debug, Clone, PartialEq)]
pub struct DropDatashare {
    /// IF EXISTS?
    pub if_exists: bool,
    /// Which one.
    pub name: Ident,
}

/// `DESC DATASHARE name [OF [ACCOUNT 'id'] NAMESPACE 'guid']`
#[derive(Debug, Clone, PartialEq)]
pub struct DescDatashare {
    /// Which one.
    pub name: Ident,
    /// Whose.
    pub producer: Option<Producer>,
}
