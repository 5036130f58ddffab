//! The example of docs/declared-layout.md works as it is printed.

use super::Declared;
use crate::support::postgres::Database;

/// Returns the first code block of a language.
fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn documented_declaration_works_as_printed() {
    let text = include_str!("../../../docs/declared-layout.md");
    let db = Database::blank();
    db.execute(block(text, "sql"));
    db.execute(
        "insert into fulfilment_work(topic, phase, tries, failure)
           select 'ship', 90, 4, '{\"why\": \"carrier answered 503\"}' from generate_series(1, 3)",
    );
    let declaration = block(text, "toml").replace("context.prod", "context.here");
    let declared = Declared::new(db, &declaration);
    let check = declared.data(&["config", "check"]);
    assert_eq!(check["queue"]["roles"]["dead"]["jobs"], 3, "{check:#}");
    let list = declared.data(&["dlq", "list"]);
    assert_eq!(list["jobs"][0]["error"], "carrier answered 503", "{list:#}");
    assert_eq!(list["jobs"][0]["max_attempts"], 4);
    declared.run(&["dlq", "requeue", "--all", "--yes"]).expect_code(0);
    let queued = "select count(*) from fulfilment_work where phase = 0 and tries = 0 and not_before is not null";
    assert_eq!(declared.db.value(queued), "3");
}
