//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use super::Parser;
use crate::{
    ast::{
        AlterDefaultPrivileges, AssumedRoles, AssumingCommand, DefaultObjects, Grant, GrantTarget, Granted, Grantee,
        Privilege, Privileges, Scope, ScopeKind, Statement, SystemPrivilege, SystemPrivileges,
    },
    error::{Error, Pos, Result, SqlState},
    lexer::TokenKind,
    names::Ident,
};

/// A word of the list of privileges.
enum ListedPrivilege {
    OnObjects(Privilege, Vec<Ident>),
    System(SystemPrivilege),
}

impl Parser<'_> {
    /// GRANT and REVOKE.
    pub(super) fn grant(&mut self) -> Result<Statement> {
        let start = self.advance();
        let revoke = self.token_text(start).eq_ignore_ascii_case("revoke");
        let mut grant_option = revoke && self.option_for();
        let what = self.granted(revoke)?;
        let grantees = self.grantees(revoke)?;
        let what = match what {
            Granted::AssumeRole { roles, .. } => {
                self.expect_word("for")?;
                Granted::AssumeRole { roles, commands: self.assuming_commands()? }
            }
            other => other,
        };
        grant_option |= !revoke && self.eat_words(&["with", "grant", "option"]);
        grant_option |= grantees.iter().any(|grantee| matches!(grantee, Grantee::User { grant_option: true, .. }));
        let cascade = revoke && self.cascade();
        Ok(Statement::Grant(Grant { revoke, what, grantees, grant_option, cascade, pos: start.start }))
    }

    /// `GRANT OPTION [FOR]`, `ADMIN OPTION FOR`
    fn option_for(&mut self) -> bool {
        if self.eat_words(&["grant", "option"]) {
            self.eat_word("for");
            return true;
        }
        self.eat_words(&["admin", "option", "for"])
    }

    /// What stands before TO or FROM.
    fn granted(&mut self, revoke: bool) -> Result<Granted> {
        if self.is_word("role") && self.begins_ident(1) && !self.word_at(1, "on") {
            return self.granted_roles();
        }
        if self.eat_words(&["assumerole", "on"]) {
            return Ok(Granted::AssumeRole { roles: self.assumed_roles()?, commands: Vec::new() });
        }
        if self.is_word("connect") && (self.word_at(1, "to") || self.word_at(1, "from") || self.word_at(2, "workgroup"))
        {
            self.advance();
            if !self.is_one_of(&["to", "from"]) {
                self.expect_words(&["on", "workgroup"])?;
            }
            return Ok(Granted::Connect);
        }
        if self.names_roles_only(revoke) {
            return self.comma_list(Self::principal_name).map(Granted::Roles);
        }
        let start = self.pos();
        if self.eat_word("all") {
            self.eat_word("privileges");
            let columns = self.optional_ident_list()?;
            if columns.is_empty() && !self.is_one_of(&["on", "for"]) {
                return Ok(Granted::System(SystemPrivileges::All));
            }
            return self.granted_on(Privileges::All { columns }, start);
        }
        let listed = self.comma_list(Self::listed_privilege)?;
        self.sort_out(listed, start)
    }

    /// `ROLE a, ROLE b`
    fn granted_roles(&mut self) -> Result<Granted> {
        self.comma_list(|parser| {
            parser.eat_word("role");
            parser.principal_name()
        })
        .map(Granted::Roles)
    }

    /// Is this `GRANT a, b TO ...` without ROLE, as the guide's "DROP ROLE" has it?
    fn names_roles_only(&self, revoke: bool) -> bool {
        let end = if revoke { "from" } else { "to" };
        let mut ahead = 0;
        while self.begins_ident(ahead) {
            let token = self.peek_at(ahead);
            let word = self.token_text(token).to_ascii_lowercase();
            if object_privilege(&word).is_some() || matches!(word.as_str(), "vacuum" | "analyze" | "cancel") {
                return false;
            }
            match self.peek_at(ahead + 1).kind {
                TokenKind::Comma | TokenKind::Colon => ahead += 2,
                _ => return self.word_at(ahead + 1, end),
            }
        }
        false
    }

    fn listed_privilege(&mut self) -> Result<ListedPrivilege> {
        for (words, privilege) in SYSTEM_PRIVILEGES {
            let begins = words.split(' ').enumerate().all(|(ahead, word)| self.word_at(ahead, word));
            if begins {
                self.at += words.split(' ').count();
                return Ok(ListedPrivilege::System(*privilege));
            }
        }
        let Some(privilege) = object_privilege(&self.folded_word()) else { return Err(self.unexpected()) };
        self.advance();
        Ok(ListedPrivilege::OnObjects(privilege, self.optional_ident_list()?))
    }

    /// Privileges on objects or on none, which do not mix.
    fn sort_out(&mut self, listed: Vec<ListedPrivilege>, start: Pos) -> Result<Granted> {
        let (mut on_objects, mut system) = (Vec::new(), Vec::new());
        for privilege in listed {
            match privilege {
                ListedPrivilege::OnObjects(privilege, columns) => on_objects.push((privilege, columns)),
                ListedPrivilege::System(privilege) => system.push(privilege),
            }
        }
        match (on_objects.is_empty(), system.is_empty()) {
            (false, true) => self.granted_on(Privileges::These(on_objects), start),
            (true, _) if self.is_one_of(&["to", "from"]) => Ok(Granted::System(SystemPrivileges::These(system))),
            _ => Err(self.unexpected()),
        }
    }

    /// `ON objects`, `FOR kind IN place`
    fn granted_on(&mut self, privileges: Privileges, start: Pos) -> Result<Granted> {
        if self.eat_word("for") {
            return Ok(Granted::Scoped(privileges, self.scope()?));
        }
        self.expect_word("on")?;
        let target = self.grant_target()?;
        check_privileges(&privileges, &target, start)?;
        Ok(Granted::On(privileges, target))
    }

    fn grant_target(&mut self) -> Result<GrantTarget> {
        if self.eat_words(&["all", "tables", "in", "schema"]) {
            return self.comma_list(Self::ident).map(GrantTarget::AllTablesInSchemas);
        }
        if self.eat_words(&["all", "functions", "in", "schema"]) {
            return self.comma_list(Self::ident).map(GrantTarget::AllFunctionsInSchemas);
        }
        if self.eat_words(&["all", "procedures", "in", "schema"]) {
            return self.comma_list(Self::ident).map(GrantTarget::AllProceduresInSchemas);
        }
        if self.eat_words(&["external", "table"]) {
            return self.comma_list(Self::object_name).map(GrantTarget::ExternalTables);
        }
        if self.eat_words(&["external", "schema"]) {
            return self.comma_list(Self::ident).map(GrantTarget::ExternalSchemas);
        }
        if self.eat_words(&["copy", "job"]) {
            return self.comma_list(Self::ident).map(GrantTarget::CopyJobs);
        }
        // A word with a name behind it says of which kind the object is; else it is a table of that name.
        let kind = if self.begins_ident(1) && !self.word_at(1, "to") { self.folded_word() } else { String::new() };
        match kind.as_str() {
            "schema" => self.taken_list(Self::object_name).map(GrantTarget::Schemas),
            "database" => self.taken_list(Self::database_name).map(GrantTarget::Databases),
            "function" => self.taken_list(Self::signature).map(GrantTarget::Functions),
            "procedure" => self.taken_list(Self::signature).map(GrantTarget::Procedures),
            "language" => self.taken_list(Self::ident).map(GrantTarget::Languages),
            "template" => self.taken_list(Self::object_name).map(GrantTarget::Templates),
            "model" => self.taken_list(Self::object_name).map(GrantTarget::Models),
            "datashare" => self.taken_list(Self::ident).map(GrantTarget::Datashares),
            _ => {
                self.eat_word("table");
                self.comma_list(Self::object_name).map(GrantTarget::Tables)
            }
        }
    }

    /// A list behind a word that is taken.
    fn taken_list<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.advance();
        self.comma_list(item)
    }

    /// `kind IN SCHEMA schema [DATABASE database] | IN DATABASE database`
    fn scope(&mut self) -> Result<Scope> {
        let kind = match self.folded_word().as_str() {
            "schemas" => ScopeKind::Schemas,
            "tables" => ScopeKind::Tables,
            "functions" => ScopeKind::Functions,
            "procedures" => ScopeKind::Procedures,
            "languages" => ScopeKind::Languages,
            "templates" => ScopeKind::Templates,
            "copy" if self.word_at(1, "jobs") => {
                self.advance();
                ScopeKind::CopyJobs
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.expect_word("in")?;
        let (mut schema, mut database) = (None, None);
        if self.eat_word("schema") {
            let name = self.ident()?;
            if self.eat(TokenKind::Dot) {
                database = Some(name);
                schema = Some(self.ident()?);
            } else {
                schema = Some(name);
            }
        }
        if database.is_none() && self.eat_word("database") {
            database = Some(self.database_name()?);
        }
        if schema.is_none() && database.is_none() {
            return Err(self.unexpected());
        }
        Ok(Scope { kind, schema, database })
    }

    fn assumed_roles(&mut self) -> Result<AssumedRoles> {
        if self.eat_word("all") {
            Ok(AssumedRoles::All)
        } else if self.eat_word("default") {
            Ok(AssumedRoles::Default)
        } else {
            self.comma_list(Self::string).map(AssumedRoles::Arns)
        }
    }

    /// ALL or a list.
    fn assuming_commands(&mut self) -> Result<Vec<AssumingCommand>> {
        if self.eat_word("all") {
            return Ok(Vec::new());
        }
        self.comma_list(|parser| {
            if parser.eat_word("copy") {
                Ok(AssumingCommand::Copy)
            } else if parser.eat_word("unload") {
                Ok(AssumingCommand::Unload)
            } else if parser.eat_words(&["external", "function"]) {
                Ok(AssumingCommand::ExternalFunction)
            } else {
                parser.expect_words(&["create", "model"])?;
                Ok(AssumingCommand::CreateModel)
            }
        })
    }

    // ---- Whom

    /// `TO | FROM grantee, ...`
    fn grantees(&mut self, revoke: bool) -> Result<Vec<Grantee>> {
        self.expect_word(if revoke { "from" } else { "to" })?;
        let mut grantees: Vec<Grantee> = Vec::new();
        loop {
            // `NAMESPACE 'a', 'b'`: one word for several.
            let again = grantees.last().filter(|_| self.begins_string(0));
            grantees.push(match again {
                Some(Grantee::Namespace(_)) => Grantee::Namespace(self.string()?),
                _ => self.grantee()?,
            });
            if !self.eat(TokenKind::Comma) {
                return Ok(grantees);
            }
        }
    }

    fn grantee(&mut self) -> Result<Grantee> {
        if self.eat_word("public") {
            return Ok(Grantee::Public);
        }
        if self.is_word("group") {
            self.advance();
            return self.principal_name().map(Grantee::Group);
        }
        if self.is_word("role") && self.begins_ident(1) {
            self.advance();
            return self.principal_name().map(Grantee::Role);
        }
        if self.eat_words(&["rls", "policy"]) {
            return self.object_name().map(Grantee::RlsPolicy);
        }
        if self.eat_words(&["masking", "policy"]) {
            return self.object_name().map(Grantee::MaskingPolicy);
        }
        if self.is_one_of(&["iam_role", "namespace", "account"]) && self.begins_string(1) {
            return self.foreign_grantee();
        }
        if self.is_word("user") {
            self.advance();
        }
        let name = self.principal_name()?;
        let grant_option = self.eat_words(&["with", "grant", "option"]) || self.eat_words(&["with", "admin", "option"]);
        Ok(Grantee::User { name, grant_option })
    }

    fn foreign_grantee(&mut self) -> Result<Grantee> {
        let word = self.folded_word();
        self.advance();
        let id = self.string()?;
        Ok(match word.as_str() {
            "iam_role" => Grantee::IamRole(id),
            "namespace" => Grantee::Namespace(id),
            _ => Grantee::Account { id, via_data_catalog: self.eat_words(&["via", "data", "catalog"]) },
        })
    }

    // ---- ALTER DEFAULT PRIVILEGES

    /// DEFAULT PRIVILEGES and what follows, behind ALTER.
    pub(super) fn alter_default_privileges(&mut self) -> Result<Statement> {
        self.expect_words(&["default", "privileges"])?;
        let users = if self.eat_words(&["for", "user"]) { self.comma_list(Self::principal_name)? } else { Vec::new() };
        let schemas = if self.eat_words(&["in", "schema"]) { self.comma_list(Self::ident)? } else { Vec::new() };
        let revoke = self.eat_word("revoke");
        if !revoke {
            self.expect_word("grant")?;
        }
        let grant_option = revoke && self.option_for();
        let start = self.pos();
        let privileges = if self.eat_word("all") {
            self.eat_word("privileges");
            Privileges::All { columns: Vec::new() }
        } else {
            Privileges::These(self.comma_list(|parser| {
                let Some(privilege) = object_privilege(&parser.folded_word()) else { return Err(parser.unexpected()) };
                parser.advance();
                Ok((privilege, Vec::new()))
            })?)
        };
        self.expect_word("on")?;
        let on = self.default_objects()?;
        let like = match on {
            DefaultObjects::Tables => GrantTarget::Tables(Vec::new()),
            DefaultObjects::Functions => GrantTarget::Functions(Vec::new()),
            DefaultObjects::Procedures => GrantTarget::Procedures(Vec::new()),
        };
        check_privileges(&privileges, &like, start)?;
        let grantees = self.grantees(revoke)?;
        let cascade = revoke && self.cascade();
        Ok(Statement::AlterDefaultPrivileges(Box::new(AlterDefaultPrivileges {
            users,
            schemas,
            revoke,
            grant_option,
            privileges,
            on,
            grantees,
            cascade,
        })))
    }

    fn default_objects(&mut self) -> Result<DefaultObjects> {
        let found = match self.folded_word().as_str() {
            "tables" => DefaultObjects::Tables,
            "functions" => DefaultObjects::Functions,
            "procedures" => DefaultObjects::Procedures,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(found)
    }
}

fn object_privilege(word: &str) -> Option<Privilege> {
    Some(match word {
        "select" => Privilege::Select,
        "insert" => Privilege::Insert,
        "update" => Privilege::Update,
        "delete" => Privilege::Delete,
        "drop" => Privilege::Drop,
        "references" => Privilege::References,
        "alter" => Privilege::Alter,
        "truncate" => Privilege::Truncate,
        "create" => Privilege::Create,
        "usage" => Privilege::Usage,
        "temporary" | "temp" => Privilege::Temporary,
        "execute" => Privilege::Execute,
        "share" => Privilege::Share,
        "rule" => Privilege::Rule,
        "trigger" => Privilege::Trigger,
        _ => return None,
    })
}

/// Words and what they mean; no phrase begins another one.
pub(crate) const SYSTEM_PRIVILEGES: &[(&str, SystemPrivilege)] = &[
    ("create user", SystemPrivilege::CreateUser),
    ("drop user", SystemPrivilege::DropUser),
    ("alter user", SystemPrivilege::AlterUser),
    ("create schema", SystemPrivilege::CreateSchema),
    ("drop schema", SystemPrivilege::DropSchema),
    ("alter default privileges", SystemPrivilege::AlterDefaultPrivileges),
    ("access catalog", SystemPrivilege::AccessCatalog),
    ("access system table", SystemPrivilege::AccessSystemTable),
    ("create table", SystemPrivilege::CreateTable),
    ("drop table", SystemPrivilege::DropTable),
    ("alter table", SystemPrivilege::AlterTable),
    ("create or replace function", SystemPrivilege::CreateOrReplaceFunction),
    ("create or replace external function", SystemPrivilege::CreateOrReplaceExternalFunction),
    ("drop function", SystemPrivilege::DropFunction),
    ("create or replace procedure", SystemPrivilege::CreateOrReplaceProcedure),
    ("drop procedure", SystemPrivilege::DropProcedure),
    ("create or replace view", SystemPrivilege::CreateOrReplaceView),
    ("drop view", SystemPrivilege::DropView),
    ("create model", SystemPrivilege::CreateModel),
    ("drop model", SystemPrivilege::DropModel),
    ("create datashare", SystemPrivilege::CreateDatashare),
    ("alter datashare", SystemPrivilege::AlterDatashare),
    ("drop datashare", SystemPrivilege::DropDatashare),
    ("create library", SystemPrivilege::CreateLibrary),
    ("drop library", SystemPrivilege::DropLibrary),
    ("create role", SystemPrivilege::CreateRole),
    ("drop role", SystemPrivilege::DropRole),
    ("truncate table", SystemPrivilege::TruncateTable),
    ("vacuum", SystemPrivilege::Vacuum),
    ("analyze", SystemPrivilege::Analyze),
    ("cancel", SystemPrivilege::Cancel),
    ("ignore rls", SystemPrivilege::IgnoreRls),
    ("explain rls", SystemPrivilege::ExplainRls),
    ("explain masking", SystemPrivilege::ExplainMasking),
];

/// Refuses privileges that such objects do not have: developer guide, "GRANT".
fn check_privileges(privileges: &Privileges, target: &GrantTarget, pos: Pos) -> Result<()> {
    use Privilege::*;
    let Privileges::These(listed) = privileges else { return Ok(()) };
    let (what, allowed): (&str, &[Privilege]) = match target {
        GrantTarget::Tables(_) | GrantTarget::AllTablesInSchemas(_) => {
            ("table", &[Select, Insert, Update, Delete, Drop, References, Alter, Truncate, Rule, Trigger])
        }
        GrantTarget::Databases(_) => ("database", &[Create, Usage, Temporary, Alter, Drop]),
        GrantTarget::Schemas(_) => ("schema", &[Create, Usage, Alter, Drop]),
        GrantTarget::Functions(_) | GrantTarget::AllFunctionsInSchemas(_) => ("function", &[Execute]),
        GrantTarget::Procedures(_) | GrantTarget::AllProceduresInSchemas(_) => ("procedure", &[Execute]),
        GrantTarget::Languages(_) => ("language", &[Usage]),
        GrantTarget::CopyJobs(_) => ("copy job", &[Alter, Drop]),
        GrantTarget::Templates(_) => ("template", &[Alter, Drop, Usage]),
        GrantTarget::Models(_) => ("model", &[Execute]),
        GrantTarget::ExternalTables(_) => ("external table", &[Select, Alter, Drop, Delete, Insert]),
        GrantTarget::ExternalSchemas(_) => ("external schema", &[Create, Alter, Drop]),
        GrantTarget::Datashares(_) => ("datashare", &[Alter, Share, Usage]),
    };
    let invalid = |privilege: &Privilege, what: &str| {
        let message = format!("invalid privilege type {} for {what}", privilege.keyword());
        Err(Error::new(SqlState::INVALID_GRANT_OPERATION, message).at(pos))
    };
    for (privilege, columns) in listed {
        if !allowed.contains(privilege) {
            return invalid(privilege, what);
        }
        if !columns.is_empty() && !matches!(privilege, Select | Update) {
            return invalid(privilege, "column");
        }
    }
    Ok(())
}
