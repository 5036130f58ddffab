//! Options and values that version 0.1.0 had under other names. The old names are hidden aliases.

/// One line per name: the current one, the old one.
const OLD_NAMES: &str = include_str!("old_names.tsv");

/// The old name of an option or value; `None` if it was not renamed.
pub(super) fn of(current: &str) -> Option<&'static str> {
    let mut names = OLD_NAMES.lines().filter_map(|line| line.split_once('\t'));
    names.find_map(|(name, old)| (name == current).then_some(old))
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use super::*;
    use crate::cli::Cli;

    /// The hidden aliases of options and of their values, in all commands.
    fn aliases(command: &Command, found: &mut Vec<(String, String)>) {
        for arg in command.get_arguments() {
            let name = arg.get_long().unwrap_or_default();
            assert_eq!(arg.get_visible_aliases().unwrap_or_default(), [""; 0], "{name}");
            let old = arg.get_all_aliases().unwrap_or_default();
            found.extend(old.into_iter().map(|old| (name.to_owned(), old.to_owned())));
            for value in arg.get_possible_values() {
                let names = value.get_name_and_aliases().skip(1);
                found.extend(names.map(|old| (value.get_name().to_owned(), old.to_owned())));
            }
        }
        command.get_subcommands().for_each(|command| aliases(command, found));
    }

    #[test]
    fn every_old_name_is_an_alias_and_every_alias_is_listed() {
        let mut found = Vec::new();
        aliases(&Cli::command(), &mut found);
        found.sort();
        found.dedup();
        let mut listed: Vec<(String, String)> = OLD_NAMES
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, old)| (name.to_owned(), old.to_owned()))
            .collect();
        listed.sort();
        assert_eq!(found, listed);
    }
}
