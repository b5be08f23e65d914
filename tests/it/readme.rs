//! The examples of the pages in `docs`: each `console` block is run in
//! the tree that the comment before it names, and its output is compared.

use std::fs;
use std::path::Path;

use snapbox::{Data, assert_data_eq};

use crate::project_file;
use crate::util::{Tree, git, is_missing, search_path_with_pyclean, tree};

/// The pages with examples. The example of the README is its picture, see [`crate::pictures`].
const PAGES: [&str; 4] = [
    "docs/debris.md",
    "docs/json.md",
    "docs/migrating.md",
    "docs/recipes.md",
];

/// Creates a tree that the examples refer to.
fn create_stage(name: &str) -> Tree {
    let stage = tree(match name {
        "shop" => "README.txt",
        "modules" => ".pytest_cache/v",
        "tools" => {
            "pyproject.toml app.py .pytest_cache/v/cache .ruff_cache/0.8/1 .coverage \
             src/app.egg-info/PKG-INFO dist/app-1.0.tar.gz tmp/report.html tmp/old/data.csv \
             .mypy_cache/3.13/cache.json"
        }
        "project" => {
            "pyproject.toml app.py .coverage .mypy_cache/app.json .pytest_cache/v \
             build/lib/app.py dist/app.whl htmlcov/index.html src/app.egg-info/PKG-INFO \
             docs/conf.py docs/_build/index.html letters/dist/contract.pdf"
        }
        "projects" => {
            "code/shop/pyproject.toml code/shop/__pycache__/app.cpython-313.pyc \
             code/shop/m.pyc code/blog/setup.py code/blog/blog/__pycache__/b.cpython-313.pyc \
             code/scripts/old/job.pyc"
        }
        "guarded" => {
            "pyproject.toml dist/app.js web/setup.py web/dist/lib/.git/HEAD tools/setup.cfg \
             tools/dist/pyvenv.cfg"
        }
        name => panic!("a page refers to an unknown tree: {name}"),
    });
    match name {
        "projects" => {
            let write = |file, size| fs::write(stage.file_path(file), vec![0; size]).unwrap();
            write("code/shop/.mypy_cache/m", 118_000);
            write("code/blog/.pytest_cache/v", 2_000);
        }
        "shop" => {
            for version in ["3.11", "3.13"] {
                for source in ["cart.py", "price.py", "basket.py", "tests/test_cart.py"] {
                    add_module(&stage, source, version);
                }
            }
            // One source was deleted, one edited later, one edited within the second in
            // which it was compiled.
            fs::remove_file(stage.file_path("basket.py")).unwrap();
            stage.set_mtime("price.py", 60.0);
            stage.set_mtime("__pycache__/cart.cpython-313.pyc", 0.2);
            stage.set_mtime("cart.py", 0.5);
        }
        "modules" => {
            add_module(&stage, "cart.py", "3.13");
            add_module(&stage, "basket.py", "3.13");
            fs::remove_file(stage.file_path("basket.py")).unwrap();
        }
        "tools" => add_module(&stage, "app.py", "3.13"),
        "guarded" => {
            git(&stage, ".", &["init", "-q"]);
            git(&stage, ".", &["add", "dist/app.js"]);
        }
        _ => {}
    }
    stage
}

/// Adds a module and its bytecode in the `__pycache__` beside it.
fn add_module(tree: &Tree, source: &str, version: &str) {
    let (directory, module) = source.rsplit_once('/').unwrap_or((".", source));
    let module = module.strip_suffix(".py").unwrap();
    let tag = version.replace('.', "");
    let bytecode = format!("{directory}/__pycache__/{module}.cpython-{tag}.pyc");
    tree.add_compiled(source, &format!("cpython-{version}"), &bytecode);
}

/// Runs a command line in a shell. Returns what it printed to stdout and stderr.
fn run_in_shell(tree: &Tree, line: &str) -> String {
    let mut shell = tree.program("sh");
    shell.args(["-c", &format!("{{ {line}\n}} 2>&1")]);
    shell.env("PATH", search_path_with_pyclean());
    String::from_utf8(shell.output().unwrap().stdout).unwrap()
}

/// Replaces the values of JSON fields that differ from run to run, or with the version.
fn redact(text: &str) -> String {
    let redacted = replace_value(text, "\"elapsed_ms\":", '}', "0");
    replace_value(&redacted, "\"version\":", ',', "\"0\"")
}

/// Replaces the text between each `start` and the next `end`.
fn replace_value(text: &str, start: &str, end: char, value: &str) -> String {
    let mut parts = text.split(start);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(end).unwrap_or(part.len());
        replaced.extend([start, value, &part[end..]]);
    }
    replaced
}

/// The page as it is with what its examples print now.
fn run_examples(text: &str) -> String {
    let mut page = String::new();
    let mut lines = text.lines();
    let mut tree = None;
    while let Some(line) = lines.next() {
        page.extend([line, "\n"]);
        if let Some(name) = line.strip_prefix("<!-- tree: ") {
            tree = Some(create_stage(name.trim_end_matches(" -->")));
        }
        if line != "```console" {
            continue;
        }
        let tree = tree.as_ref().expect("a comment names the tree");
        let (mut shown, mut printed) = (String::new(), String::new());
        for line in lines.by_ref().take_while(|line| *line != "```") {
            shown.extend([line, "\n"]);
            if let Some(command) = line.strip_prefix("$ ") {
                printed.extend([line, "\n", &run_in_shell(tree, command)]);
            }
        }
        let is_same = redact(&shown) == redact(&printed);
        page.extend([if is_same { &shown } else { &printed }, "```\n"]);
    }
    page
}

/// `SNAPSHOTS=overwrite` updates the pages.
#[test]
fn examples_print_what_the_pages_show() {
    if is_missing("git") {
        return;
    }
    for name in PAGES {
        let page = project_file(name);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        assert!(page.contains("```console\n"), "{name} has no examples");
        assert_data_eq!(run_examples(&page), Data::read_from(&path, None).raw());
    }
}

/// The first block of a language in `docs/recipes.md`.
fn recipe(language: &str) -> String {
    let page = project_file("docs/recipes.md");
    let (_, block) = page.split_once(&format!("```{language}\n")).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn recipe_for_make_removes_leftovers() {
    if is_missing("make") {
        return;
    }
    let tree = tree("pyproject.toml .pytest_cache/v a/__pycache__/m.cpython-312.pyc");
    fs::write(tree.file_path("Makefile"), recipe("make")).unwrap();
    let printed = run_in_shell(&tree, "make clean");
    assert_eq!(tree.names(), "Makefile\na/\npyproject.toml\n", "{printed}");
}

/// The program under test takes the place of the package that the recipe installs.
#[test]
fn recipe_for_tox_removes_leftovers() {
    if is_missing("tox") {
        return;
    }
    let tree = tree("pyproject.toml .pytest_cache/v a/__pycache__/m.cpython-312.pyc");
    let recipe = recipe("ini");
    let dependency = format!("deps = pyclean-rs=={}", env!("CARGO_PKG_VERSION"));
    assert!(recipe.contains(&dependency), "{recipe}");
    let recipe = recipe.replace(&dependency, "allowlist_externals = pyclean");
    fs::write(tree.file_path("tox.ini"), recipe).unwrap();
    let printed = run_in_shell(&tree, "tox -qe clean --workdir \"$PWD\"/.tox");
    fs::remove_dir_all(tree.path().join(".tox")).unwrap();
    assert_eq!(tree.names(), "a/\npyproject.toml\ntox.ini\n", "{printed}");
}

#[test]
fn every_debris_topic_is_documented() {
    let page = project_file("docs/debris.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: Vec<_> = rows.filter_map(|row| row.split_once("` |")).collect();
    let run = tree("").pyclean(". --debris unknown");
    let topics = run.stderr.split_once("[possible values: ").unwrap().1;
    let topics = topics.split_once(", all]").unwrap().0;
    for topic in topics.split(", ") {
        let is_documented = documented.iter().any(|(name, _)| *name == topic);
        assert!(is_documented, "docs/debris.md does not list {topic}");
    }
}
