//! What is known of a client and its connection, for the logs: `stl_connection_log`, `sys_connection_log`, `stv_sessions`.

/// A client and its connection. Texts are empty where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Where it is: an address without port, or `[local]`.
    pub host: String,
    /// The port that it comes from.
    pub port: String,
    /// How it proved who it is: `password`, `trust`.
    pub auth_method: String,
    /// What encrypts the connection: `TLSv1.3`.
    pub tls_version: String,
    /// With which cipher, by OpenSSL's name: `ECDHE-RSA-AES256-GCM-SHA384`.
    pub tls_cipher: String,
    /// What its driver says of itself (`driver_version`).
    pub driver_version: String,
    /// What that says of the operating system (`os_version`).
    pub os_version: String,
    /// The plug-in that it authenticates with (`plugin_name`).
    pub plugin_name: String,
    /// The version of Redshift's extensions of the protocol that was agreed upon.
    pub protocol: i32,
}

impl Client {
    /// One inside of this process.
    pub fn local() -> Client {
        Client::at("[local]")
    }

    /// One at this address.
    pub fn at(host: &str) -> Client {
        Client { host: host.to_string(), ..Client::default() }
    }
}
