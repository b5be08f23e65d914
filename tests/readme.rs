//! The README's examples, run as they stand there: each `console` block in the tree that
//! the comment before it names, with its output compared.
#![cfg(unix)]

mod util;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use snapbox::{IntoData, assert_data_eq};
use util::{PYCLEAN, Tree, is_absent, tree};

/// The trees that the examples speak of.
fn stage(name: &str) -> Tree {
    let stage = tree(match name {
        "shop" => "README.txt",
        "tools" => {
            "app.py .pytest_cache/v/cache .ruff_cache/0.8/1 .coverage src/app.egg-info/PKG-INFO \
             dist/app-1.0.tar.gz tmp/report.html tmp/old/data.csv .mypy_cache/3.13/cache.json"
        }
        "committed" => "app.py web/dist/app.js dist/app-1.0.tar.gz web/.ruff_cache/0.8/1",
        other => panic!("the README names the tree {other}, which nobody has planted"),
    });
    let compiled = |source: &str, version: &str| {
        let (directory, module) = source.rsplit_once('/').unwrap_or(("", source));
        let module = module.strip_suffix(".py").unwrap();
        let tag = version.replace('.', "");
        let cache = Path::new(directory).join("__pycache__");
        let bytecode = cache.join(format!("{module}.cpython-{tag}.pyc"));
        stage.compiled(
            source,
            &format!("cpython-{version}"),
            bytecode.to_str().unwrap(),
        );
    };
    match name {
        "shop" => {
            for version in ["3.11", "3.13"] {
                ["cart.py", "price.py", "basket.py", "tests/test_cart.py"]
                    .iter()
                    .for_each(|source| compiled(source, version));
            }
            // Deleted an hour ago; edited since; edited within the second.
            fs::remove_file(stage.file("basket.py")).unwrap();
            stage.modified("price.py", 60.0);
            stage.modified("__pycache__/cart.cpython-313.pyc", 0.2);
            stage.modified("cart.py", 0.5);
        }
        "tools" => compiled("app.py", "3.13"),
        _ => {
            let git = |arguments: &[&str]| {
                let mut git = Command::new("git");
                git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
                assert!(
                    git.args(arguments)
                        .current_dir(stage.path())
                        .status()
                        .unwrap()
                        .success()
                );
            };
            git(&["init", "-q"]);
            git(&["add", "app.py", "web/dist/app.js"]);
        }
    }
    stage
}

/// What a shell prints for a command line.
fn shown(tree: &Tree, line: &str) -> String {
    let directory = Path::new(PYCLEAN).parent().unwrap().to_path_buf();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([directory].into_iter().chain(env::split_paths(&path)));
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{{ {line}\n}} 2>&1"));
    shell
        .env("PATH", path.unwrap())
        .env_remove("PYTHONPYCACHEPREFIX");
    let output = shell.current_dir(tree.path()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_examples_do_what_they_show() {
    if is_absent("git") {
        return;
    }
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (mut ran, mut expected, mut count) = (String::new(), String::new(), 0);
    let mut lines = readme.lines();
    let mut tree = None;
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("<!-- tree: ") {
            tree = Some(stage(name.trim_end_matches(" -->")));
        }
        if line != "```console" {
            continue;
        }
        let tree = tree
            .as_ref()
            .expect("a tree is named before the first example");
        for line in lines.by_ref().take_while(|line| *line != "```") {
            expected.extend([line, "\n"]);
            if let Some(command) = line.strip_prefix("$ ") {
                ran.extend([line, "\n", &shown(tree, command)]);
                count += 1;
            }
        }
    }
    assert!(count >= 10, "only {count} examples were found");
    assert_data_eq!(ran, expected.raw());
}
