use crate::functions::testing::{check, check_errors};

#[test]
fn the_guides_arrays() {
    check(&[
        ("array(1,50,null,100)", "[1,50,null,100]"),
        ("array(1,'abc',true,3.14)", "[1,\"abc\",true,3.14]"),
        ("array()", "[]"),
        ("array_concat(array(10001,10002),array('ab','cd'))", "[10001,10002,\"ab\",\"cd\"]"),
        ("array_flatten(array(1, array(2, array(3, array()))))", "[1,2,3]"),
        ("get_array_length(array(1,2,3))", "3"),
        ("split_to_array('12|345|6789', '|')", "[\"12\",\"345\",\"6789\"]"),
        ("split_to_array('a,b')", "[\"a\",\"b\"]"),
        ("subarray(array('a', 'b', 'c', 'd', 'e', 'f'), 2, 3)", "[\"c\",\"d\",\"e\"]"),
        ("subarray(array(1, 2, 3), -2, 5)", "[2,3]"),
        ("array_sort(array('b', 'a', 0, null, 1, false))", "[false,0,1,\"a\",\"b\",null]"),
        ("array_except(array('b','b','b','b'), array('b','b'))", "[\"b\",\"b\"]"),
        ("array_intersection(array('a','b','b'), array('b','b','b'), true)", "[\"b\"]"),
        ("array_position(array('red', null, 'green'), null)", "1"),
        ("array_positions(array(1, 2.0, 1.00), 1)", "[0,2]"),
    ]);
}

#[test]
fn errors_name_the_type() {
    check_errors(&[
        ("object('k', date '2008-12-31')", "42846", "OBJECT could not convert type date to super"),
        ("array(date '2008-12-31')", "42846", "ARRAY could not convert type date to super"),
        ("json_parse('{')", "XX000", "JSON parsing error"),
    ]);
}
