//! Databases, schemas, relations, users, groups and privileges.
