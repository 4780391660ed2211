//! Items of ACLs: `makeaclitem` and `aclcontains` of PostgreSQL 8.0, which scripts for administrators take ACLs apart with.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray};
use redshift_sql_dialect::{Error, Result};

use super::{catalog_info::Catalog, kernel::Args};

/// `name=letters/grantor` in its parts; a `*` behind a letter is the right to grant it on.
#[derive(Debug, PartialEq)]
struct Item<'a> {
    grantee: &'a str,
    grantor: &'a str,
    rights: HashSet<(char, bool)>,
}

/// The place of the first such character that is in no double quotes.
fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(place, c)| {
        quoted ^= c == '"';
        (c == wanted && !quoted).then_some(place)
    })
}

impl<'a> Item<'a> {
    fn parse(text: &'a str) -> Option<Item<'a>> {
        let (grantee, rest) = text.split_at(outside_quotes(text, '=')?);
        let rest = &rest[1..];
        let (letters, grantor) = rest.split_at(outside_quotes(rest, '/')?);
        let mut rights = HashSet::new();
        let mut letters = letters.chars().peekable();
        while let Some(letter) = letters.next() {
            rights.insert((letter, false));
            if letters.next_if_eq(&'*').is_some() {
                rights.insert((letter, true));
            }
        }
        Some(Item { grantee, grantor: &grantor[1..], rights })
    }

    /// Does it give all that the other gives, to and from the same?
    fn contains(&self, other: &Item) -> bool {
        (self.grantee, self.grantor) == (other.grantee, other.grantor) && other.rights.is_subset(&self.rights)
    }
}

/// `makeaclitem(user, group, grantor, privilege, grant option)`
pub(super) fn make(catalog: &Catalog, args: &Args) -> Result<ArrayRef> {
    let lookup = catalog.lookup();
    let [users, groups, grantors] = [args.reader::<i32>(0)?, args.reader::<i32>(1)?, args.reader::<i32>(2)?];
    let (privileges, options) = (args.reader::<&str>(3)?, args.reader::<bool>(4)?);
    args.rows(|row| {
        let ids = [&users, &groups, &grantors].map(|ids| ids.get(row).map(|id| u32::try_from(id).unwrap_or(0)));
        let ([Some(user), Some(group), Some(grantor)], Some(privilege), Some(option)) =
            (ids, privileges.get(row), options.get(row))
        else {
            return Ok(None);
        };
        lookup.acl_item((user, group), grantor, privilege, option).map(Some)
    })
}

/// `aclcontains(acl, item)`
pub(super) fn contains(_: &Catalog, args: &Args) -> Result<ArrayRef> {
    let acls = args.array(0)?;
    let acls = acls.as_list_opt::<i32>().ok_or_else(|| Error::internal("an ACL is no list"))?;
    let wanted = args.reader::<&str>(1)?;
    args.rows(|row| {
        let (true, Some(wanted)) = (acls.is_valid(row), wanted.get(row).and_then(Item::parse)) else {
            return Ok(None);
        };
        let items = acls.value(row);
        let items = items.as_string_view();
        Ok(Some(items.iter().flatten().filter_map(Item::parse).any(|item| item.contains(&wanted))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(acl: &str, wanted: &str) -> bool {
        Item::parse(acl).unwrap().contains(&Item::parse(wanted).unwrap())
    }

    #[test]
    fn an_item_contains_fewer_rights_of_the_same_people() {
        assert!(holds("ann=arwd/admin", "ann=r/admin"));
        assert!(holds("group \"a=b/c\"=rU/admin", "group \"a=b/c\"=U/admin"));
        assert!(holds("=r/admin", "=r/admin"));
        assert!(!holds("ann=ar/admin", "ann=w/admin"));
        assert!(!holds("ann=ar/admin", "ann=a/bob"));
        assert!(!holds("ann=ar/admin", "group ann=a/admin"));
    }

    #[test]
    fn the_right_to_grant_on_is_a_right_of_its_own() {
        assert!(holds("ann=r*/admin", "ann=r/admin"));
        assert!(holds("ann=r*w/admin", "ann=r*/admin"));
        assert!(!holds("ann=rw*/admin", "ann=r*/admin"));
    }

    #[test]
    fn what_is_no_item_is_none() {
        assert_eq!(Item::parse("ann"), None);
        assert_eq!(Item::parse("ann=r"), None);
    }
}
