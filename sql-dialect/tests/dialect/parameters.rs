//! The parameters of COPY and UNLOAD: every one, with whatever it takes, in any order, and what it does not take.

use redshift_sql_dialect::{
    ast::{CopyOption, Statement, UnloadOption},
    parse,
};

use crate::support::{error, statement};

/// A parameter of `tests/sql/*_parameters.txt`.
struct Parameter {
    name: String,
    accepted: Vec<String>,
    refused: Vec<String>,
}

fn parameters(list: &str) -> Vec<Parameter> {
    let forms = |text: &str| text.split(';').map(|form| form.trim().to_owned()).collect();
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            // A delimiter may be quoted: the columns are separated by a bar between blanks.
            let parts: Vec<&str> = line.splitn(3, " | ").collect();
            let [name, accepted, refused] = parts[..] else { panic!("{line}") };
            Parameter { name: name.to_owned(), accepted: forms(accepted), refused: forms(refused) }
        })
        .collect()
}

fn copy_parameters() -> Vec<Parameter> {
    parameters(include_str!("../sql/copy_parameters.txt"))
}

fn unload_parameters() -> Vec<Parameter> {
    parameters(include_str!("../sql/unload_parameters.txt"))
}

fn copy_text(parameters: &str) -> String {
    format!("copy t (a, b) from 's3://bucket/key' {parameters}")
}

fn unload_text(parameters: &str) -> String {
    format!("unload ('select 1') to 's3://bucket/key' {parameters}")
}

fn copy_options(parameters: &str) -> Vec<CopyOption> {
    match statement(&copy_text(parameters)) {
        Statement::Copy(copy) => copy.options,
        other => panic!("{parameters}: {other:?}"),
    }
}

fn unload_options(parameters: &str) -> Vec<UnloadOption> {
    match statement(&unload_text(parameters)) {
        Statement::Unload(unload) => unload.options,
        other => panic!("{parameters}: {other:?}"),
    }
}

/// What each form means does not depend on what stands before or behind it.
#[track_caller]
fn assert_any_order<T: PartialEq + Clone + std::fmt::Debug>(list: &[Parameter], options: fn(&str) -> Vec<T>) {
    let forms: Vec<&str> = list.iter().flat_map(|parameter| &parameter.accepted).map(String::as_str).collect();
    let alone: Vec<Vec<T>> = forms.iter().map(|form| options(form)).collect();
    for (first, first_options) in forms.iter().zip(&alone) {
        assert_eq!(first_options.len(), 1, "{first}");
        for (second, second_options) in forms.iter().zip(&alone) {
            let both = format!("{first} {second}");
            assert_eq!(options(&both), [first_options.clone(), second_options.clone()].concat(), "{both}");
        }
    }
    // All at once, forwards, backwards and from each place in the list on.
    let mut order: Vec<usize> = (0..forms.len()).collect();
    order.reverse();
    for _ in 0..forms.len() {
        let text: Vec<&str> = order.iter().map(|index| forms[*index]).collect();
        let expected: Vec<T> = order.iter().flat_map(|index| alone[*index].clone()).collect();
        assert_eq!(options(&text.join("\n")), expected);
        order.rotate_left(1);
    }
    order.reverse();
    assert_eq!(options(&forms.join(" ").to_uppercase()).len(), forms.len());
}

#[test]
fn parameters_of_copy_stand_in_any_order() {
    assert_any_order(&copy_parameters(), copy_options);
}

#[test]
fn parameters_of_unload_stand_in_any_order() {
    assert_any_order(&unload_parameters(), unload_options);
}

/// What a parameter does not take is a syntax error at the word that cannot stand there.
#[track_caller]
fn assert_refused(list: &[Parameter], statement_of: fn(&str) -> String) {
    for parameter in list {
        for form in &parameter.refused {
            let (before, rest) = form.split_once('[').expect(form);
            let (wrong, behind) = rest.rsplit_once(']').expect(form);
            let sql = statement_of(format!("{before}{wrong}{behind}").trim_end());
            let given = error(&sql);
            let place = &sql[given.position().expect("a position") as usize..];
            let message = match wrong {
                "" => "syntax error at end of input".to_owned(),
                _ => format!("syntax error at or near \"{wrong}\""),
            };
            assert_eq!((given.sqlstate().0, given.message()), ("42601", message.as_str()), "{}: {sql}", parameter.name);
            assert!(place.starts_with(wrong) && place.is_empty() == wrong.is_empty(), "{sql}\nat {place:?}");
        }
    }
}

#[test]
fn what_a_parameter_of_copy_does_not_take() {
    assert_refused(&copy_parameters(), copy_text);
}

#[test]
fn what_a_parameter_of_unload_does_not_take() {
    assert_refused(&unload_parameters(), unload_text);
}

/// COPY has none of UNLOAD's parameters and the other way round, but for those with the same name.
#[test]
fn parameters_are_of_one_command() {
    for parameter in
        ["header", "allowoverwrite", "cleanpath", "parallel off", "addquotes", "partition by (a)", "kms_key_id 'k'"]
    {
        assert!(parse(&copy_text(parameter)).is_err(), "{parameter}");
        unload_options(parameter);
    }
    for parameter in
        ["maxerror 5", "ignoreheader 1", "noload", "compupdate off", "lzop", "avro 'auto'", "quote '%'", "ssh"]
    {
        assert!(parse(&unload_text(parameter)).is_err(), "{parameter}");
        copy_options(parameter);
    }
}
