//! The server's certificate: the one it was given, or one of its own making.
//!
//! Redshift's drivers use TLS unless told otherwise and check the certificate, so a server without TLS is a server they
//! cannot reach. Where no certificate is given, a certificate authority is made for this server alone, signs one for
//! `localhost`, `127.0.0.1` and `::1`, and is forgotten: its private key is never written. What is written is the
//! authority's certificate, which users hand to their clients (`sslrootcert`, `SSL_CERT_FILE`), and the server's own.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use thiserror::Error;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    },
};

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

/// The acceptor with this certificate chain and key.
///
/// # Errors
/// Where the files cannot be read or do not fit together.
pub fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| pem_error(certificate, "certificate", error))?;
    if chain.is_empty() {
        return Err(TlsError::Content { path: certificate.into(), what: "certificate" });
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| pem_error(key, "private key", error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
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
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
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
    fn a_certificate_is_made_once_and_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("tls");
        let files = self_made(&folder).unwrap();
        let authority = fs::read_to_string(&files.authority).unwrap();
        assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
        acceptor(&files.certificate, &files.key).unwrap();
        assert_eq!(self_made(&folder).unwrap(), files);
        assert_eq!(fs::read_to_string(&files.authority).unwrap(), authority);
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
    fn wrong_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = self_made(folder.path()).unwrap();
        let missing = folder.path().join("missing.pem");
        let error = |certificate: &Path, key: &Path| acceptor(certificate, key).err().unwrap().to_string();
        assert!(error(&missing, &files.key).contains("missing.pem"));
        assert!(error(&files.key, &files.key).contains("no usable certificate"));
        assert!(error(&files.certificate, &files.certificate).contains("no usable private key"));
    }
}
