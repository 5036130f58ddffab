use crate::support::cli::Cli;

#[test]
fn program_gets_a_terminal_of_the_given_size() {
    let script = "test -t 0 && test -t 1 && stty size; printf 'name? '; read name; echo \"\\033[31mhi $name\"; exit 4";
    let mut terminal = Cli::program("sh", ["-c", script]).terminal(17, 91);
    terminal.wait_for("name? ");
    terminal.type_text("Ada\r");
    terminal.wait_for("hi Ada");
    assert_eq!(terminal.finish(), 4);
    assert!(terminal.screen().starts_with("17 91\n"), "{}", terminal.screen());
    assert!(terminal.raw().contains("\u{1b}[31mhi"), "{:?}", terminal.raw());
}

#[test]
fn ctrl_c_and_resize_reach_the_program() {
    let script = "trap 'stty size; exit 5' INT; echo up; while :; do sleep 0.05; done";
    let mut terminal = Cli::program("sh", ["-c", script]).terminal(24, 80);
    terminal.wait_for("up");
    terminal.resize(30, 100);
    terminal.type_text("\x03");
    assert_eq!(terminal.finish(), 5);
    assert!(terminal.screen().contains("30 100"), "{}", terminal.screen());
}
