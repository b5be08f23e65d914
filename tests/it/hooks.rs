//! The hooks in `.pre-commit-hooks.yaml`, run by pre-commit from a repository. Only the
//! `language` of `pyclean` is replaced, so that the program under test runs instead of being
//! compiled again.

use std::fs;
use std::process::Output;

use crate::project_file;
use crate::util::{
    GIT_ENV, Tree, git, init_repository, is_missing, search_path_with_pyclean, tree,
};

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

/// A new repository with these entries and hooks, which pre-commit has installed.
fn init_repository_with_hooks(entries: &str, hooks: &Tree, config: &str) -> Tree {
    let config = config
        .replace("/path/to/clone/of/pyclean", hooks.path().to_str().unwrap())
        .replace("COMMIT", git(hooks, ".", &["rev-parse", "HEAD"]).trim());
    let repository = tree(entries);
    fs::write(repository.file_path(".pre-commit-config.yaml"), config).unwrap();
    git_with_hooks(&repository, &["init", "-q"]);
    let installed = run(&repository, "pre-commit", &["install"]);
    assert!(installed.status.success(), "{}", text(&installed));
    repository
}

/// A repository that provides the hooks of this project.
fn create_hook_repository() -> Tree {
    const NAME: &str = ".pre-commit-hooks.yaml";
    let hooks = project_file(NAME);
    assert!(hooks.contains("language: python"), "{hooks}");
    let hooks = hooks.replace("language: python", "language: system");
    let repository = tree("");
    fs::write(repository.file_path(NAME), hooks).unwrap();
    init_repository(&repository, ".", &[NAME]);
    repository
}

#[test]
fn recipes_name_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    let recipes = project_file("docs/recipes.md");
    for pinned in [
        format!("release: {version}"),
        format!("pyclean-rs=={version}"),
    ] {
        assert!(recipes.contains(&pinned), "docs/recipes.md: {pinned}");
    }
}

/// The hooks that a page shows first.
fn documented_config(page: &str) -> String {
    let page = project_file(page);
    let (_, section) = page.split_once("## pre-commit").unwrap();
    let (_, block) = section.split_once("```yaml\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn readme_and_recipes_show_the_same_hooks() {
    let hooks = ["README.md", "docs/recipes.md"].map(|page| {
        let config = documented_config(page);
        let lines = config
            .lines()
            .map(|line| line.split('#').next().unwrap().trim_end().to_owned());
        lines.collect::<Vec<_>>()
    });
    assert_eq!(hooks[0], hooks[1]);
}

/// A hook that removes all bytecode on commit, in addition to those that the pages show.
const HOOK: &str = "      - id: pyclean
        stages: [pre-commit]
";

#[test]
fn documented_hooks_clean_on_commit_and_checkout_and_refuse_bytecode() {
    if is_missing("git") || is_missing("pre-commit") {
        return;
    }
    let hooks = create_hook_repository();
    let config = documented_config("docs/recipes.md") + HOOK;
    let repository = init_repository_with_hooks("a.py", &hooks, &config);
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
    let instruction = "bytecode is staged; to unstage a file: git rm --cached FILE\n\n";
    let instruction = format!("{instruction}{a}\n");
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
