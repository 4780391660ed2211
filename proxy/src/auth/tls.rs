//! The server's certificate: the one it was given, or one of its own making.
//!
//! Redshift's drivers use TLS unless told otherwise and check the certificate, so a server without TLS is a server they
//! cannot reach. Where no certificate is given, a certificate authority is made for this server alone, signs one for
//! `localhost`, `127.0.0.1` and `::1`, and is forgotten: its private key is never written. What is written is the
//! authority's certificate, which users hand to their clients (`sslrootcert`, `SSL_CERT_FILE`), and the server's own.
//!
//! A server that keeps nothing keeps its certificate in memory. Its clients need the authority's nevertheless, which is a
//! file among the temporary ones as long as the server runs. A server that was killed could not remove it: the next one
//! that starts does, and knows by a lock that its owner holds on it whether it is still needed.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tempfile::NamedTempFile;
use thiserror::Error;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig,
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
        server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    },
};

use crate::reload::Reloading;

/// What a self-made certificate is valid for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is no TLS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} holds no usable {what}")]
    Content {
        /// Which one.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// Certificate and key do not fit together.
    #[error("the TLS certificate cannot be used: {0}")]
    Rustls(#[from] rustls::Error),
    /// A certificate could not be made.
    #[error("cannot make a TLS certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// What encrypts connections. Files that change are read again: who comes behind that gets the new certificate.
#[derive(Clone)]
pub struct Tls(Arc<Reloading<ServerConfig>>);

impl Tls {
    /// What takes the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.get())
    }
}

/// The version of TLS and the cipher that a connection agreed upon, by the names that OpenSSL has for them.
pub fn names(agreed: &rustls::ServerConnection) -> Option<(String, String)> {
    let version = agreed.protocol_version()?.as_str()?;
    let suite = agreed.negotiated_cipher_suite()?.suite();
    Some((version.replacen('_', ".", 1), cipher_name(suite.as_str()?)))
}

/// `TLS13_AES_128_GCM_SHA256` is TLS_AES_128_GCM_SHA256 to OpenSSL, `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is
/// ECDHE-RSA-AES128-GCM-SHA256.
fn cipher_name(suite: &str) -> String {
    match (suite.strip_prefix("TLS13_"), suite.strip_prefix("TLS_")) {
        (Some(cipher), _) => format!("TLS_{cipher}"),
        (None, Some(cipher)) => {
            let short = cipher.replace("_WITH_", "-").replace("AES_", "AES").replace('_', "-");
            // The digest goes without saying there.
            short.strip_suffix("POLY1305-SHA256").map_or(short.clone(), |cipher| format!("{cipher}POLY1305"))
        }
        (None, None) => suite.to_string(),
    }
}

/// Whose certificates clients may, or must, come with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAuthority {
    /// The authorities' certificates (PEM).
    pub file: PathBuf,
    /// Must they?
    pub required: bool,
}

/// TLS with this certificate chain and key, from version 1.2 on.
///
/// # Errors
/// Where the files cannot be read or do not fit together.
pub fn acceptor(certificate: &Path, key: &Path, clients: Option<&ClientAuthority>) -> Result<Tls, TlsError> {
    let mut paths = vec![certificate.to_path_buf(), key.to_path_buf()];
    paths.extend(clients.map(|clients| clients.file.clone()));
    let (certificate, key, clients) = (certificate.to_path_buf(), key.to_path_buf(), clients.cloned());
    let read = move || read_config(&certificate, &key, clients.as_ref());
    Ok(Tls(Arc::new(Reloading::new(paths, read)?)))
}

fn read_config(certificate: &Path, key: &Path, clients: Option<&ClientAuthority>) -> Result<ServerConfig, TlsError> {
    let chain = read_certificates(certificate)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| pem_error(key, "private key", error))?;
    config_of(chain, private, clients)
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| pem_error(path, "certificate", error))?;
    if certificates.is_empty() {
        return Err(TlsError::Content { path: path.into(), what: "certificate" });
    }
    Ok(certificates)
}

fn config_of(
    chain: Vec<CertificateDer<'static>>,
    private: PrivateKeyDer<'static>,
    clients: Option<&ClientAuthority>,
) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => builder.with_client_cert_verifier(client_verifier(clients, provider)?),
    };
    Ok(builder.with_single_cert(chain, private)?)
}

fn client_verifier(
    clients: &ClientAuthority,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let unusable = || TlsError::Content { path: clients.file.clone(), what: "certificate of an authority" };
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(&clients.file)? {
        roots.add(certificate).map_err(|_| unusable())?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = if clients.required { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|_| unusable())
}

fn pem_error(path: &Path, what: &'static str, error: pem::Error) -> TlsError {
    match error {
        pem::Error::Io(source) => TlsError::File { path: path.into(), source },
        _ => TlsError::Content { path: path.into(), what },
    }
}

/// The files of a self-made certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfMade {
    /// The authority's certificate, for clients.
    pub authority: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The self-made certificate in this folder, made now where it is missing.
///
/// # Errors
/// Where the folder cannot be written.
pub fn self_made(folder: &Path) -> Result<SelfMade, TlsError> {
    let files = SelfMade {
        authority: folder.join("ca.pem"),
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
    };
    if files.authority.exists() && files.certificate.exists() && files.key.exists() {
        return Ok(files);
    }
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |source| TlsError::File { path, source }
    };
    fs::create_dir_all(folder).map_err(at(folder))?;
    let made = make()?;
    write_private(&files.key, &made.key).map_err(at(&files.key))?;
    fs::write(&files.certificate, made.certificate).map_err(at(&files.certificate))?;
    // Last, because its presence says that the others are whole.
    fs::write(&files.authority, made.authority).map_err(at(&files.authority))?;
    Ok(files)
}

/// What the names of temporary authorities begin and end with.
const TEMPORARY: (&str, &str) = ("blueshift-ca-", ".pem");

/// The certificate of a server that keeps nothing.
pub struct Temporary {
    /// What encrypts connections.
    pub acceptor: Tls,
    /// The authority's certificate, for clients; it goes when this is dropped.
    pub authority: NamedTempFile,
}

/// A certificate in memory, whose authority is a temporary file in this folder.
///
/// # Errors
/// Where the folder cannot be written.
pub fn temporary(folder: &Path, clients: Option<&ClientAuthority>) -> Result<Temporary, TlsError> {
    let at = |source| TlsError::File { path: folder.to_path_buf(), source };
    let unusable = |what| TlsError::Content { path: folder.to_path_buf(), what };
    remove_left_behind(folder);
    let made = make()?;
    let certificate =
        CertificateDer::from_pem_slice(made.certificate.as_bytes()).map_err(|_| unusable("certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(made.key.as_bytes()).map_err(|_| unusable("private key"))?;
    let acceptor = Tls(Arc::new(Reloading::fixed(config_of(vec![certificate], key, clients)?)));
    let mut authority = locked_file(folder).map_err(at)?;
    authority.write_all(made.authority.as_bytes()).map_err(at)?;
    Ok(Temporary { acceptor, authority })
}

/// A temporary file that says by its lock that somebody needs it.
fn locked_file(folder: &Path) -> io::Result<NamedTempFile> {
    let (prefix, suffix) = TEMPORARY;
    loop {
        let file = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(folder)?;
        file.as_file().lock()?;
        // Another server may have taken it for a dead one's before it was locked.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes the files of servers that were killed. What cannot be removed is not ours to remove.
fn remove_left_behind(folder: &Path) {
    let (prefix, suffix) = TEMPORARY;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix));
        if is_ours
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// PEM texts.
struct Made {
    authority: String,
    certificate: String,
    key: String,
}

fn make() -> Result<Made, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::<String>::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    authority.distinguished_name.push(DnType::CommonName, "Blueshift local authority");
    set_validity(&mut authority);
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;

    let mut server = CertificateParams::new(NAMES.map(String::from))?;
    server.distinguished_name.push(DnType::CommonName, "localhost");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    set_validity(&mut server);
    let server_key = KeyPair::generate()?;
    let server_certificate = server.signed_by(&server_key, &Issuer::new(authority, authority_key))?;
    Ok(Made {
        authority: authority_certificate.pem(),
        certificate: server_certificate.pem(),
        key: server_key.serialize_pem(),
    })
}

/// A hundred years: nobody renews the certificate of a folder.
fn set_validity(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2123, 12, 31);
}

#[cfg(unix)]
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ciphers_have_the_names_that_openssl_has_for_them() {
        let names = [
            ("TLS13_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
            ("TLS13_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
            ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
            ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ];
        for (ours, theirs) in names {
            assert_eq!(cipher_name(ours), theirs);
        }
    }

    #[test]
    fn a_certificate_is_made_once_and_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("tls");
        let files = self_made(&folder).unwrap();
        let authority = fs::read_to_string(&files.authority).unwrap();
        assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
        acceptor(&files.certificate, &files.key, None).unwrap();
        assert_eq!(self_made(&folder).unwrap(), files);
        assert_eq!(fs::read_to_string(&files.authority).unwrap(), authority);
    }

    #[test]
    fn a_temporary_certificate_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let left = || fs::read_dir(folder.path()).unwrap().count();
        let first = temporary(folder.path(), None).unwrap();
        let authority = fs::read_to_string(first.authority.path()).unwrap();
        assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
        // A server that was killed leaves its file without a lock; others' files are nobody's business.
        fs::write(folder.path().join("blueshift-ca-killed.pem"), "").unwrap();
        fs::write(folder.path().join("other.pem"), "").unwrap();
        let second = temporary(folder.path(), None).unwrap();
        assert!(first.authority.path().exists() && second.authority.path().exists());
        assert_eq!(left(), 3);
        drop((first, second));
        assert_eq!(left(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_private_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = self_made(folder.path()).unwrap();
        assert_eq!(fs::metadata(&files.key).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_certificate_that_changes_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = self_made(folder.path()).unwrap();
        let read = {
            let files = files.clone();
            move || read_config(&files.certificate, &files.key, None)
        };
        let paths = vec![files.certificate.clone(), files.key.clone()];
        let tls = Tls(Arc::new(Reloading::new(paths, read).unwrap().eager()));
        let before = tls.0.get();
        assert!(Arc::ptr_eq(&before, &tls.0.get()));
        let other = make().unwrap();
        write_private(&files.key, &other.key).unwrap();
        // Of another length, as the clock of a file system may be coarse.
        fs::write(&files.certificate, format!("{}\n", other.certificate)).unwrap();
        assert!(!Arc::ptr_eq(&before, &tls.0.get()));
    }

    #[test]
    fn clients_may_have_to_bring_a_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let files = self_made(folder.path()).unwrap();
        let with = |file: &Path| {
            let clients = ClientAuthority { file: file.to_path_buf(), required: true };
            acceptor(&files.certificate, &files.key, Some(&clients))
        };
        assert!(with(&files.authority).is_ok());
        assert!(with(&files.key).err().unwrap().to_string().contains("no usable certificate"));
    }

    #[test]
    fn wrong_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = self_made(folder.path()).unwrap();
        let missing = folder.path().join("missing.pem");
        let error = |certificate: &Path, key: &Path| acceptor(certificate, key, None).err().unwrap().to_string();
        assert!(error(&missing, &files.key).contains("missing.pem"));
        assert!(error(&files.key, &files.key).contains("no usable certificate"));
        assert!(error(&files.certificate, &files.certificate).contains("no usable private key"));
    }
}
