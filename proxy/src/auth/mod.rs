//! Who is it, and is the line safe?

//!
//! The emulator's users are those of its catalog, with [`passwords`] as Redshift asks for them. The gateway's are in a file of
//! their own ([`users`]), which keeps [`verifier`]s; the [`gate`] lets them in with a password, a token ([`jwt`]) or a client
//! [`certificate`], and slows down who fails ([`throttle`]).

pub mod certificate;
pub mod gate;
pub mod jwt;
pub mod passwords;
pub mod throttle;
pub mod tls;
pub mod users;
pub mod verifier;
