//! Select lists, FROM, WHERE, ORDER BY, LIMIT.

use crate::binder::testing::Database;

#[tokio::test]
async fn without_from() {
    let db = Database::new();
    assert_eq!(db.rows("select 1, 2 as two, 3.50, 'x'").await.expect("rows"), ["1 2 3.50 x"]);
}
