//! The hooks in `.pre-commit-hooks.yaml`, run by pre-commit in a repository. Only the
//! `language` of `pyclean` is replaced, so that it runs the program under test instead of
//! installing or building it.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::util::{GIT_ENV, Tree, is_missing, search_path_with_pyclean, tree};

/// Runs a program in the repository, with the program under test on the search path.
fn run(repository: &Tree, program: &str, arguments: &[&str]) -> Output {
    let mut command = repository.program(program);
    command
        .args(arguments)
        .envs(GIT_ENV)
        .env("PATH", search_path_with_pyclean())
        .env("PRE_COMMIT_HOME", repository.path().join(".git/pre-commit"));
    command.output().unwrap()
}

/// Stdout and stderr of a program together.
fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&all).into_owned()
}

/// Runs a git command that starts hooks and must succeed.
#[track_caller]
fn git_with_hooks(repository: &Tree, arguments: &[&str]) {
    let output = run(repository, "git", arguments);
    let text = text(&output);
    assert!(output.status.success(), "git {arguments:?}: {text}");
}

/// A new repository with these entries, in which pre-commit has installed hooks.
fn init_repository_with_hooks(entries: &str, config: &str) -> Tree {
    let repository = tree(entries);
    fs::write(repository.file_path(".pre-commit-config.yaml"), config).unwrap();
    git_with_hooks(&repository, &["init", "-q"]);
    let install = ["install", "-t", "pre-commit", "-t", "post-checkout"];
    let installed = run(&repository, "pre-commit", &install);
    assert!(installed.status.success(), "{}", text(&installed));
    repository
}

/// A file of this project.
fn project_file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The hooks of this project by name.
fn hook(id: &str) -> String {
    let hooks = project_file(".pre-commit-hooks.yaml");
    let mut hooks = hooks.split_inclusive("\n- ");
    let start = format!("id: {id}\n");
    let hook = hooks.find(|hook| hook.trim_start_matches("- ").starts_with(&start));
    let hook = hook.unwrap_or_else(|| panic!("no hook {id}"));
    format!("- {}", hook.trim_start_matches("- ").trim_end_matches("- "))
}

/// The hooks of this project, and one that removes stale bytecode on checkout.
fn pre_commit_config() -> String {
    let clean = hook("pyclean").replace("language: python", "language: system");
    let on_checkout = clean
        .replace("id: pyclean", "id: on-checkout")
        .replace("args: [.]", "args: [--stale, .]")
        .replace(
            "stages: [pre-commit, post-checkout, ",
            "stages: [post-checkout, ",
        );
    let on_commit = clean.replace(
        "stages: [pre-commit, post-checkout, ",
        "stages: [pre-commit, ",
    );
    let all = [on_commit, on_checkout, hook("no-bytecode")].concat();
    let indented: String = all.lines().map(|line| format!("      {line}\n")).collect();
    format!("repos:\n  - repo: local\n    hooks:\n{indented}")
}

/// The hook with `language: python` installs what the file in the top directory depends on.
#[test]
fn hook_installs_the_wheel_of_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    let dependency = format!("dependencies = [\"pyclean-rs=={version}\"]");
    let project = project_file("pyproject.toml");
    assert!(project.contains(&dependency), "{dependency}: {project}");
    let recipes = project_file("docs/recipes.md");
    for pinned in [format!("rev: {version}"), format!("pyclean-rs=={version}")] {
        assert!(recipes.contains(&pinned), "docs/recipes.md: {pinned}");
    }
}

/// The hooks that the documentation shows.
fn documented_config() -> String {
    let recipes = project_file("docs/recipes.md");
    let (_, section) = recipes.split_once("## pre-commit").unwrap();
    let (_, block) = section.split_once("```yaml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let lines = block
        .lines()
        .filter(|line| !line.contains("additional_dependencies"));
    let config: String = lines.map(|line| format!("{line}\n")).collect();
    config.replace("language: python", "language: system")
}

#[test]
fn documented_hooks_clean_on_checkout_and_refuse_bytecode() {
    if is_missing("git") || is_missing("pre-commit") {
        return;
    }
    let repository = init_repository_with_hooks("b.py .gitignore", &documented_config());
    git_with_hooks(&repository, &["add", "."]);
    git_with_hooks(&repository, &["commit", "-qm", "modules"]);

    let bytecode = "__pycache__/a.cpython-312.pyc";
    repository.add_compiled("a.py", "cpython-3.12", bytecode);
    git_with_hooks(&repository, &["add", "a.py", bytecode]);
    let commit = run(&repository, "git", &["commit", "-qm", "bytecode"]);
    let message = text(&commit);
    assert!(
        !commit.status.success() && message.contains(bytecode),
        "{message}"
    );

    git_with_hooks(&repository, &["rm", "-q", "--cached", bytecode]);
    git_with_hooks(&repository, &["commit", "-qm", "source"]);
    git_with_hooks(&repository, &["checkout", "-q", "HEAD~"]);
    assert!(!repository.path().join(bytecode).exists());
}

#[test]
fn hooks_clean_on_commit_and_checkout_and_refuse_bytecode() {
    if is_missing("git") || is_missing("pre-commit") {
        return;
    }
    let repository = init_repository_with_hooks("a.py", &pre_commit_config());
    fs::write(repository.file_path(".gitignore"), "__pycache__/").unwrap();
    let [a, b] = ["a", "b"].map(|module| format!("__pycache__/{module}.cpython-312.pyc"));
    let compile = |module: &str, bytecode: &str| {
        repository.add_compiled(&format!("{module}.py"), "cpython-3.12", bytecode);
    };
    let exists = |name: &str| repository.path().join(name).exists();

    // A commit removes all bytecode.
    compile("a", &a);
    compile("b", &b);
    git_with_hooks(&repository, &["add", "."]);
    git_with_hooks(&repository, &["commit", "-qm", "modules"]);
    assert!(!exists(&a) && !exists(&b));

    // A commit of bytecode fails. The message names the file and the command to use.
    compile("a", &a);
    git_with_hooks(&repository, &["add", "-f", &a]);
    let commit = run(&repository, "git", &["commit", "-qm", "bytecode"]);
    let message = text(&commit);
    assert!(!commit.status.success(), "{message}");
    let instruction = format!("bytecode is staged: {a} (git rm --cached {a})");
    assert!(message.contains(&instruction), "{message}");
    git_with_hooks(&repository, &["rm", "-q", "--cached", &a]);

    // A checkout of a branch without a module removes the bytecode of that module alone.
    git_with_hooks(&repository, &["checkout", "-q", "-b", "without"]);
    git_with_hooks(&repository, &["rm", "-q", "b.py"]);
    git_with_hooks(&repository, &["commit", "-qm", "no b"]);
    git_with_hooks(&repository, &["checkout", "-q", "main"]);
    compile("a", &a);
    compile("b", &b);
    git_with_hooks(&repository, &["checkout", "-q", "without"]);
    assert!(exists(&a) && !exists(&b), "{}", repository.listing());
}
