//! The users file: who may pass the gateway, and as whom they act behind it.
//!
//! ```toml
//! decoy = "6f1e…"                       # written by `blueshift user add`; see below
//!
//! [users.ana]
//! password = "pbkdf2-sha256$600000$…"   # a verifier, never a password
//! groups = ["analysts"]
//! targets = ["sales"]                   # the databases she may connect to; all where it is left out
//! role-arn = "arn:aws:iam::123456789012:role/analyst"
//! session-tags = { team = "sales" }
//! max-connections = 20
//! access-keys = { BLUE4XKZ… = "secret" } # `blueshift user key` issues them, for signed HTTP requests
//!
//! [users.etl]
//! certificates = ["etl.example.com"]    # names in a client certificate that are this user's, beside its own
//! secret-arn = "arn:aws:secretsmanager:…"
//! ```
//!
//! A signature (AWS Signature Version 4) is a keyed hash, so that whoever checks it needs the secret itself: access keys are the one
//! thing in the file that opens the gateway as it is. They open nothing else.
//!
//! `decoy` is what salts for users who do not exist are made from, so that they are the same each time, as those of users are.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use ring::hmac;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use super::verifier::{Verifier, VerifierKind, hex};
use crate::config::from_toml;

/// The users of a gateway.
#[derive(Debug, Default)]
pub struct Users {
    users: BTreeMap<String, User>,
    /// Whose each access key is.
    keys: BTreeMap<String, String>,
    decoy: String,
    /// The iterations of the costliest verifier: what every check of a password costs.
    iterations: u32,
}

/// A user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The access keys that requests are signed with, by their ids.
    pub access_keys: BTreeMap<String, Secret>,
    /// What proves the password; none for those who come with a certificate or a token only.
    pub verifier: Option<Verifier>,
    /// Nobody gets in.
    pub locked: bool,
    /// The groups that policies are for.
    pub groups: Vec<String>,
    /// Names in a client certificate that are this user's, beside its own.
    pub certificates: Vec<String>,
    /// Databases that clients may name; empty is all.
    pub targets: Vec<String>,
    /// Connections at a time.
    pub max_connections: Option<usize>,
    /// Statements that run at a time.
    pub max_running: Option<usize>,
    /// As whom the user acts in the warehouse.
    pub acts: ActsAs,
}

/// What signs requests. It is not for logs.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// As whom somebody acts in the warehouse, where that differs from what the target says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ActsAs {
    /// The IAM role that is assumed; its session bears the user's name.
    pub role_arn: Option<String>,
    /// Tags of that session.
    pub session_tags: Vec<(String, String)>,
    /// The database user of a cluster.
    pub db_user: Option<String>,
    /// The secret with the database user's name and password.
    pub secret_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct UsersFile {
    #[serde(default)]
    decoy: String,
    #[serde(default)]
    users: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Entry {
    password: Option<String>,
    locked: bool,
    groups: Vec<String>,
    certificates: Vec<String>,
    targets: Vec<String>,
    max_connections: Option<usize>,
    max_running: Option<usize>,
    role_arn: Option<String>,
    session_tags: BTreeMap<String, String>,
    db_user: Option<String>,
    secret_arn: Option<String>,
    access_keys: BTreeMap<String, Secret>,
}

impl Users {
    /// Reads a users file.
    ///
    /// # Errors
    /// What is wrong with it, without anything that it keeps.
    pub fn read(path: &Path) -> Result<Users, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Users::parse(&text).map_err(|reason| format!("{}: {reason}", path.display()))
    }

    fn parse(text: &str) -> Result<Users, String> {
        // The whole of the parser's complaint shows the line, which may be a password that somebody put there.
        let file: UsersFile = from_toml(text)?;
        let (mut users, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for (name, entry) in file.users {
            let user = entry.user().map_err(|reason| format!("user {name}: {reason}"))?;
            for id in user.access_keys.keys() {
                if keys.insert(id.clone(), name.clone()).is_some() {
                    return Err(format!("user {name}: access key {id} is another user's, too"));
                }
            }
            users.insert(name, user);
        }
        let verifiers = users.values().filter_map(|user: &User| user.verifier.as_ref());
        let iterations = verifiers.map(Verifier::iterations).max().unwrap_or(0);
        // A file that was written by hand has none: then salts of users who do not exist change with the file.
        let decoy = if file.decoy.is_empty() { hex(&Sha256::digest(text)) } else { file.decoy };
        Ok(Users { users, keys, decoy, iterations })
    }

    /// A user who exists.
    pub fn get(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    /// Whose an access key is, and its secret.
    pub fn access_key(&self, id: &str) -> Option<(&str, &User, &Secret)> {
        let name = self.keys.get(id)?;
        let user = self.users.get(name)?;
        Some((name, user, user.access_keys.get(id)?))
    }

    /// What each check of a password costs, whoever's it is.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The salt of a digest for somebody who has none: the same each time, as that of a user is.
    pub fn decoy_salt(&self, name: &str) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.decoy.as_bytes());
        hmac::sign(&key, name.as_bytes()).as_ref().to_vec()
    }
}

impl Entry {
    fn user(self) -> Result<User, String> {
        if self.db_user.is_some() && self.secret_arn.is_some() {
            return Err("give either db-user or secret-arn".to_string());
        }
        let verifier = self.password.map(|text| text.parse()).transpose()?;
        if self.access_keys.iter().any(|(id, Secret(secret))| id.is_empty() || secret.is_empty()) {
            return Err("an access key has an id and a secret".to_string());
        }
        Ok(User {
            access_keys: self.access_keys,
            verifier,
            locked: self.locked,
            groups: self.groups,
            certificates: self.certificates,
            targets: self.targets,
            max_connections: self.max_connections,
            max_running: self.max_running,
            acts: ActsAs {
                role_arn: self.role_arn,
                session_tags: self.session_tags.into_iter().collect(),
                db_user: self.db_user,
                secret_arn: self.secret_arn,
            },
        })
    }
}

/// A users file that is being changed: all that is not changed stays as it was written, with its comments.
pub struct UsersDocument {
    path: PathBuf,
    document: DocumentMut,
}

impl UsersDocument {
    /// Opens a users file; one that does not exist is empty.
    ///
    /// # Errors
    /// Where it cannot be read or is no users file.
    pub fn open(path: &Path) -> Result<UsersDocument, String> {
        let failed = |reason: String| format!("{}: {reason}", path.display());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(error.to_string())),
        };
        Users::parse(&text).map_err(failed)?;
        let mut document: DocumentMut = text.parse().map_err(|_| failed("it is no TOML".to_string()))?;
        if !document.contains_key("decoy") {
            document.insert("decoy", value(hex(&rand::random::<[u8; 32]>())));
        }
        Ok(UsersDocument { path: path.to_path_buf(), document })
    }

    /// The users with what is told of them: name, how the password is kept, locked?, groups.
    pub fn list(&self) -> Vec<(String, &'static str, bool, Vec<String>)> {
        let users = Users::parse(&self.document.to_string()).map(|users| users.users).unwrap_or_default();
        let kind = |user: &User| match user.verifier {
            Some(Verifier::Pbkdf2 { .. }) => "pbkdf2",
            Some(Verifier::Sha256(_)) => "sha256",
            Some(Verifier::Md5(_)) => "md5",
            None => "none",
        };
        users.into_iter().map(|(name, user)| (name, kind(&user), user.locked, user.groups)).collect()
    }

    fn users(&mut self) -> Result<&mut Table, String> {
        let users = self.document.entry("users").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        users.as_table_mut().ok_or_else(|| "its users are written in a form that only you can change".to_string())
    }

    fn user(&mut self, name: &str) -> Result<&mut Item, String> {
        self.users()?.get_mut(name).ok_or_else(|| format!("there is no user {name}"))
    }

    /// Adds a user.
    ///
    /// # Errors
    /// Where there is one of this name, or the name is empty.
    pub fn add(
        &mut self,
        name: &str,
        password: Option<&str>,
        kind: VerifierKind,
        groups: &[String],
    ) -> Result<(), String> {
        let users = self.users()?;
        if name.is_empty() || name.contains('\0') {
            return Err("a user has a name".to_string());
        }
        if users.contains_key(name) {
            return Err(format!("user {name} exists; give another password with `blueshift user password`"));
        }
        let mut user = Table::new();
        if let Some(password) = password {
            user.insert("password", value(Verifier::make(kind, name, password).to_string()));
        }
        if !groups.is_empty() {
            user.insert("groups", value(groups.iter().collect::<toml_edit::Array>()));
        }
        users.insert(name, Item::Table(user));
        Ok(())
    }

    /// Gives a user another password.
    ///
    /// # Errors
    /// Where there is no such user.
    pub fn set_password(&mut self, name: &str, password: &str, kind: VerifierKind) -> Result<(), String> {
        self.user(name)?["password"] = value(Verifier::make(kind, name, password).to_string());
        Ok(())
    }

    /// Locks a user, or unlocks.
    ///
    /// # Errors
    /// Where there is no such user.
    pub fn set_locked(&mut self, name: &str, locked: bool) -> Result<(), String> {
        self.user(name)?["locked"] = value(locked);
        Ok(())
    }

    /// Gives a user an access key, beside those that they have.
    ///
    /// # Errors
    /// Where there is no such user, or the user is written in another form.
    pub fn add_key(&mut self, name: &str, id: &str, secret: &str) -> Result<(), String> {
        let keys = self.access_keys(name)?;
        keys.insert(id, value(secret));
        Ok(())
    }

    /// Takes an access key from a user.
    ///
    /// # Errors
    /// Where there is no such user or key.
    pub fn remove_key(&mut self, name: &str, id: &str) -> Result<(), String> {
        let keys = self.access_keys(name)?;
        keys.remove(id).map(drop).ok_or_else(|| format!("user {name} has no access key {id}"))
    }

    fn access_keys(&mut self, name: &str) -> Result<&mut dyn TableLike, String> {
        let user = self.user(name)?.as_table_like_mut();
        let keys = user.map(|user| user.entry("access-keys").or_insert_with(|| Item::Table(Table::new())));
        let keys = keys.and_then(Item::as_table_like_mut);
        keys.ok_or_else(|| format!("user {name} is written in a form that only you can change"))
    }

    /// Removes a user.
    ///
    /// # Errors
    /// Where there is no such user.
    pub fn remove(&mut self, name: &str) -> Result<(), String> {
        self.user(name)?;
        self.users()?.remove(name);
        Ok(())
    }

    /// Writes the file anew, at once and for its owner's eyes only.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn save(&self) -> Result<(), String> {
        let failed = |error: io::Error| format!("cannot write {}: {error}", self.path.display());
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        // A temporary file may be read by its owner alone.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        io::Write::write_all(&mut file, self.document.to_string().as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&self.path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_users_and_as_whom_they_act() {
        let verifier = Verifier::make(VerifierKind::Sha256, "ana", "x").to_string();
        let text = format!(
            "[users.ana]\npassword = \"{verifier}\"\ngroups = [\"analysts\"]\nrole-arn = \"arn\"\n\
             session-tags = {{ team = \"sales\" }}\n[users.\"Bob B\"]\nlocked = true\n"
        );
        let users = Users::parse(&text).unwrap();
        let ana = users.get("ana").unwrap();
        assert_eq!((ana.groups.as_slice(), ana.locked), (["analysts".to_string()].as_slice(), false));
        assert_eq!(ana.acts.session_tags, [("team".to_string(), "sales".to_string())]);
        assert!(users.get("Bob B").unwrap().locked);
        assert!(users.get("carl").is_none());
    }

    #[test]
    fn what_is_wrong_is_said_without_what_is_kept() {
        let error = Users::parse("[users.ana]\npassword = \"hunter2\"").unwrap_err();
        assert!(error.contains("user ana") && !error.contains("hunter2"), "{error}");
        let error = Users::parse("[users.ana]\npassword = 'hunter2' x").unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(Users::parse("[users.ana]\npasword = 'x'").unwrap_err().contains("pasword"));
        assert!(Users::parse("[users.ana]\ndb-user = 'x'\nsecret-arn = 'y'").is_err());
    }

    #[test]
    fn access_keys_are_somebodys() {
        let text =
            "[users.ana]\naccess-keys = { K1 = 'hunter2', K2 = 'x' }\n[users.bob]\n[users.bob.access-keys]\nK3 = 'y'";
        let users = Users::parse(text).unwrap();
        let owner = |id| users.access_key(id).map(|(name, _, secret)| (name.to_string(), secret.reveal().to_string()));
        assert_eq!(owner("K1"), Some(("ana".to_string(), "hunter2".to_string())));
        assert_eq!(owner("K3"), Some(("bob".to_string(), "y".to_string())));
        assert_eq!(owner("K4"), None);
        assert!(!format!("{users:?}").contains("hunter2"));
        let twice = Users::parse(&format!("{text}\nK1 = 'hunter3'")).unwrap_err();
        assert!(twice.contains("another user's") && !twice.contains("hunter"), "{twice}");
        assert!(Users::parse("[users.ana]\naccess-keys = { K1 = '' }").is_err());
    }

    #[test]
    fn access_keys_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        fs::write(&path, "[users.ana]\n[users.bob]\naccess-keys = { K0 = 'z' } # his\n").unwrap();
        let mut document = UsersDocument::open(&path).unwrap();
        document.add_key("ana", "K1", "x").unwrap();
        document.add_key("ana", "K2", "y").unwrap();
        document.add_key("bob", "K3", "w").unwrap();
        document.remove_key("ana", "K1").unwrap();
        assert!(document.remove_key("ana", "K0").unwrap_err().contains("no access key K0"));
        assert!(document.add_key("eve", "K4", "x").is_err());
        document.save().unwrap();
        let users = Users::read(&path).unwrap();
        let kept: Vec<_> = ["K0", "K1", "K2", "K3"].iter().filter(|id| users.access_key(id).is_some()).collect();
        assert_eq!(kept, [&"K0", &"K2", &"K3"]);
        assert!(fs::read_to_string(&path).unwrap().contains("# his"));
    }

    #[test]
    fn salts_of_users_who_do_not_exist_are_their_own_and_stay() {
        let users = Users::parse("decoy = 'x'").unwrap();
        assert_eq!(users.decoy_salt("eve"), users.decoy_salt("eve"));
        assert_ne!(users.decoy_salt("eve"), users.decoy_salt("eva"));
        assert_eq!(users.decoy_salt("eve").len(), 32);
    }

    #[test]
    fn a_file_is_changed_where_it_has_to_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        let mut document = UsersDocument::open(&path).unwrap();
        document.add("ana", Some("x"), VerifierKind::Sha256, &["analysts".to_string()]).unwrap();
        document.save().unwrap();
        let written = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("# ours\n{written}# the end\n")).unwrap();

        let mut document = UsersDocument::open(&path).unwrap();
        assert!(document.add("ana", None, VerifierKind::Sha256, &[]).is_err());
        document.add("bob b.", Some("y"), VerifierKind::Md5, &[]).unwrap();
        document.set_locked("ana", true).unwrap();
        document.save().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# ours\n"), "{text}");
        assert_eq!(text.matches("decoy").count(), 1);
        let document = UsersDocument::open(&path).unwrap();
        let listed = document.list();
        assert_eq!(listed[0], ("ana".to_string(), "sha256", true, vec!["analysts".to_string()]));
        assert_eq!((listed[1].0.as_str(), listed[1].1), ("bob b.", "md5"));

        let mut document = UsersDocument::open(&path).unwrap();
        document.remove("ana").unwrap();
        assert!(document.remove("ana").unwrap_err().contains("no user ana"));
        document.set_password("bob b.", "z", VerifierKind::Sha256).unwrap();
        document.save().unwrap();
        let users = Users::read(&path).unwrap();
        assert!(
            users.get("ana").is_none() && matches!(users.get("bob b.").unwrap().verifier, Some(Verifier::Sha256(_)))
        );
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        UsersDocument::open(&path).unwrap().save().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
