//! Who is it, and is the line safe?

pub mod passwords;
pub mod tls;
