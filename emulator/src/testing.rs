//! Engines and sessions for tests.

use crate::{Client, Engine, EngineConfig, Location, Login, S3Config, Session};

/// An engine in memory.
pub(crate) async fn engine(s3: S3Config) -> Engine {
    let config = EngineConfig {
        location: Location::Memory,
        database: "dev".into(),
        user: "admin".into(),
        s3,
        memory_limit: None,
        extensions: false,
    };
    Engine::open(config).await.expect("an engine")
}

/// A session of a user on this machine.
pub(crate) fn session(engine: &Engine, user: &str, pid: i32) -> Session {
    let login = Login {
        user: user.into(),
        database: "dev".into(),
        client: Client::local(),
        pid,
        settings: Vec::new(),
        control: None,
    };
    engine.session(login).expect("a session")
}
