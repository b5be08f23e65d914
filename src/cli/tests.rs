//! Tests of the command line.

use clap::CommandFactory;
use clap::error::ErrorKind;

use super::*;

fn parse(arguments: &str) -> Cli {
    Cli::try_parse_from(arguments.split_whitespace()).unwrap()
}

#[test]
fn the_command_line_is_valid() {
    Cli::command().debug_assert();
}

#[test]
fn short_help_fits_on_one_screen() {
    let help = Cli::command().render_help().to_string();
    assert!(help.lines().count() <= 45, "{help}");
    assert!(
        help.lines().all(|line| line.chars().count() <= 80),
        "{help}"
    );
}

#[test]
fn explain_conflicts_with_the_options_of_a_run() {
    let command = Cli::command();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let conflicts = command.get_arg_conflicts_with(argument);
        let has_conflict = conflicts.iter().any(|other| other.get_id() == "explain");
        assert_ne!(has_conflict, errors::WITH_EXPLAIN.contains(&id), "{id}");
    }
    for option in ["--stale", "-d", "--erase=a", "-n", "--json", "-j1"] {
        let error = Cli::try_parse_from(["pyclean", "--explain", "m.pyc", option]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ArgumentConflict, "{option}");
        let text = error.to_string();
        assert!(
            text.contains("'--explain' cannot be used with '-"),
            "{text}"
        );
    }
    for option in ["--color=never", "--no-progress", "--pycache-prefix=a"] {
        assert!(Cli::try_parse_from(["pyclean", "--explain", "m.pyc", option]).is_ok());
    }
}

#[test]
fn the_last_of_stale_and_no_stale_counts() {
    assert_eq!(parse("pyclean .").stale(), None);
    assert_eq!(parse("pyclean . --stale").stale(), Some(true));
    assert_eq!(parse("pyclean . --no-stale").stale(), Some(false));
    assert_eq!(parse("pyclean . --stale --no-stale").stale(), Some(false));
    assert_eq!(parse("pyclean . --no-stale --stale").stale(), Some(true));
}

#[test]
fn flags_may_be_repeated_and_lists_add_up() {
    let cli = parse("pyclean . -nn -v -v -j 1 -j 2 -i a -i b c --color never --color auto");
    assert!(cli.is_dry_run() && cli.verbose);
    assert_eq!(cli.jobs, Some(2));
    assert_eq!(cli.ignore, ["a", "b", "c"]);
    let cli = parse("pyclean . -d mypy,ruff -d tox --python 3.11,3.12 --python 3.13");
    assert_eq!(cli.debris.unwrap(), ["mypy", "ruff", "tox"]);
    assert_eq!(cli.python.len(), 3);
}

/// The help documents these forms.
#[test]
fn value_after_an_equals_sign_ends_the_list() {
    let cli = parse("pyclean --debris=mypy,ruff --ignore=a --erase=*.log .");
    assert_eq!(cli.paths, [Path::new(".")]);
    assert_eq!(cli.debris.unwrap(), ["mypy", "ruff"]);
    assert_eq!(
        (cli.ignore, cli.erase),
        (vec!["a".into()], vec!["*.log".into()])
    );
}

/// Without a run: one that is not refused would clean this machine.
#[test]
fn whole_file_system_is_cleaned_only_on_request() {
    let top = std::env::current_dir().unwrap();
    let top = top.ancestors().last().unwrap().to_str().unwrap().to_owned();
    let check = |arguments: &str| errors::check(&parse(&format!("pyclean {top} {arguments}")), &[]);
    assert!(check("").is_err());
    assert!(check("--erase x --stale").is_err());
    assert!(check("--yes").is_ok());
    assert!(check("-n").is_ok());
    assert!(check("--check").is_ok());
    assert!(errors::check(&parse("pyclean . --yes"), &[]).is_err());
}

#[test]
fn no_bytecode_conflicts_with_the_selection_of_bytecode() {
    assert!(parse("pyclean . --no-bytecode -d mypy").no_bytecode);
    for option in ["--stale", "--python=3.12", "--keep-python=3.12"] {
        let error = Cli::try_parse_from(["pyclean", ".", "--no-bytecode", option]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ArgumentConflict, "{option}");
    }
}
