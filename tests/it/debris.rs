//! Leftovers of tools: `--debris`.

use std::fs;

use snapbox::str;

use crate::util::{can_symlink, lacks_symlinks, tree};
use crate::{assert_finds_nothing, assert_listed, listed, run_command};

#[test]
fn debris_without_topic_selects_default_topics() {
    let tree = tree(
        ".cache/a .coverage .coverage.host.123.XyZ .coverage-report.txt coverage.xml htmlcov/i.html \
         dist/w.whl sdist/s.tar.gz x.egg-info/P build/lib/a.py build/bdist.linux/b .pytest_cache/v \
         pyproject.toml sub/.ruff_cache/1 .mypy_cache/m .ipynb_checkpoints/n .tox/t a.py __pycache__/a.pyc",
    );
    let run = tree.pyclean("-n . --debris");
    run.assert_snapshot(str![[r#"
.cache/
.coverage
.coverage.host.123.XyZ
.pytest_cache/
__pycache__/
build/
coverage.xml
dist/
htmlcov/
sdist/
sub/.ruff_cache/
x.egg-info/
--- stderr
Would remove 11 directories and 13 files (183 B).
--- exit 0

"#]]);
    tree.pyclean(". --debris");
    tree.assert_left(
        ".coverage-report.txt sub/ .mypy_cache/m .ipynb_checkpoints/n .tox/t a.py pyproject.toml",
    );
}

#[test]
fn topics_are_selected_by_name_or_all() {
    let debris = ".mypy_cache/m .dmypy.json n/.ipynb_checkpoints/n .tox/t .nox/n .hypothesis/h \
                  docs/_build/h docs/conf.py _build/x .eggs/e __marimo__/cache/c \
                  __marimo__/layouts/l .pytype/p .pyre/p .grimp_cache/g .import_linter_cache/i \
                  cython_debug/c .pybuilder/plugins/cpython-3.13/pyvenv.cfg .testmondata \
                  .testmondata-shm .testmondata-wal nosetests.xml .mutmut-cache \
                  .pdm-build/b m.py,cover \
                  .complexipy_cache/c .pyright/p";
    let named = tree(debris);
    named.pyclean(". -d mypy jupyter -q");
    assert!(!named.listing().contains("mypy") && !named.listing().contains("ipynb"));
    assert!(named.listing().contains(".hypothesis/h"));
    let all = tree(debris);
    all.pyclean(". --debris all");
    all.assert_left("n/ docs/conf.py _build/x __marimo__/layouts/l");
}

#[test]
fn build_is_removed_only_if_nothing_else_is_in_it() {
    let tree = tree(
        "build/lib/a.py build/notes.txt pyproject.toml sub/build/lib/b.py sub/setup.py \
         other/build/c other/setup.cfg",
    );
    tree.pyclean(". --debris package");
    tree.assert_left("build/notes.txt pyproject.toml sub/setup.py other/build/c other/setup.cfg");
}

#[test]
fn installed_packages_and_ignored_files_are_kept() {
    let installed = "lib/site-packages/p.egg-info/P lib/site-packages/p/dist/a.js \
                     lib/site-packages/setup.py lib/site-packages/build/b \
                     lib/site-packages/p/setup.py";
    let tree = tree(&format!(
        "{installed} lib/site-packages/__pycache__/a.pyc dist/keep.whl dist/w.whl setup.py"
    ));
    tree.pyclean(". --debris --ignore keep.whl");
    tree.assert_left(&format!("{installed} dist/keep.whl setup.py"));
    let paths = "lib/site-packages lib/site-packages/p";
    assert_finds_nothing(&tree, &format!("{paths} --debris"));
}

#[test]
fn symlink_to_repository_is_removed() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("repository/.git/HEAD .coverage->repository");
    assert_listed(&tree, ". --debris", ".coverage");
}

#[test]
fn debris_in_project_that_is_a_virtual_environment_is_removed() {
    let tree = tree("pyvenv.cfg lib/l dist/a .pytest_cache/v .cache/c pyproject.toml");
    assert_listed(&tree, ". --debris", ".cache/ .pytest_cache/ dist/");
}

#[test]
fn cache_directory_of_the_user_is_kept() {
    let tree = tree(
        "home/.cache/pip/p home/.cache/x/__pycache__/a.pyc home/project/.cache/c \
         home/project/setup.py home/setup.py other/.profile other/.cache/o \
         dotfiles/.profile dotfiles/.cache/d dotfiles/setup.py xdg/.cache/x xdg/setup.py",
    );
    let mut command = tree.command(["home", "other", "dotfiles", "xdg", "--debris"]);
    command.env("HOME", tree.path().join("home"));
    command.env("USERPROFILE", tree.path().join("home"));
    command.env("XDG_CACHE_HOME", tree.path().join("xdg/.cache"));
    let stderr = "warning: kept home/.cache, xdg/.cache: user cache directory\n\
                  Removed 3 directories and 3 files (69 B).\n";
    run_command(&mut command).assert("", stderr, 0);
    tree.assert_left(
        "home/.cache/pip/p home/.cache/x/ home/setup.py home/project/setup.py other/.profile \
         other/.cache/o dotfiles/.profile dotfiles/setup.py xdg/.cache/x xdg/setup.py",
    );
}

#[test]
fn name_of_the_path_itself_does_not_select_debris() {
    let tree = tree("build/lib/a.txt docs/_build/b docs/conf.py setup.py");
    let mut paths = vec!["build", "./build/", "docs"];
    if can_symlink() {
        tree.add("symlink->build");
        paths.push("symlink");
    }
    for path in paths {
        assert_finds_nothing(&tree, &format!("-n {path} --debris package sphinx"));
    }
    assert_listed(&tree, ". --debris package sphinx", "build/ docs/_build/");
}

#[test]
fn debris_matched_by_erase_is_removed_as_erased() {
    let tree = tree(".git/build/");
    let arguments = ". --debris --no-default-ignore --erase **/.git/**";
    assert_listed(&tree, arguments, ".git/build/");
}

const PROJECT: &[&str] = &["pyproject.toml", "setup.py", "setup.cfg"];
const COVERAGE: &[&str] = &["pyproject.toml", "setup.py", "setup.cfg", ".coveragerc"];
const MUTMUT: &[&str] = &[
    "mutants/src/m.py.meta pyproject.toml",
    "mutants/src/m.py.meta setup.cfg",
];
const EGG_INFO: &[&str] = &[
    "setup.py build/x",
    "setup.cfg dist/x",
    "pyproject.toml dist/",
];
const EGG_INFO_IN_SRC: &[&str] = &[
    "setup.py build/x",
    "src/setup.py src/dist/x",
    "setup.py dist/x src/setup.py",
];

/// Names that other tools and people use, too: the topic, debris of that name, and entries
/// each of which proves that it is debris.
const GENERIC: &[(&str, &str, &[&str])] = &[
    ("cache", ".cache/c", PROJECT),
    ("coverage", "coverage.json", COVERAGE),
    ("coverage", "coverage.lcov", COVERAGE),
    ("coverage", "coverage.xml", COVERAGE),
    ("coverage", "htmlcov/index.html", COVERAGE),
    ("package", "build/lib/m.py", PROJECT),
    ("package", "build/lib.linux-x86_64-3.12/m.so", PROJECT),
    ("package", "build/temp.linux-x86_64-3.12/m.o", PROJECT),
    ("package", "build/scripts-3.12/s", PROJECT),
    ("package", "build/exe.linux-x86_64-3.12/e", PROJECT),
    ("package", "build/bdist.linux-x86_64/b", PROJECT),
    ("package", "dist/p.whl", PROJECT),
    ("package", "sdist/p.tar.gz", PROJECT),
    ("package", "_skbuild/linux-x86_64-3.13/c", PROJECT),
    ("package", "pip-wheel-metadata/w", PROJECT),
    ("coverage", "m.cover", &["m.py"]),
    ("mutmut", "mutants/src/m.py", MUTMUT),
    ("package", "p.egg-info/PKG-INFO", EGG_INFO),
    ("package", "src/p.egg-info/PKG-INFO", EGG_INFO_IN_SRC),
    ("sphinx", "docs/_build/i.html", &["docs/conf.py"]),
    ("sphinx", "docs/_build/i.html", &["docs/source/conf.py"]),
    ("sphinx", "doc/_build/i.html", &["doc/conf.py"]),
    ("sphinx", "doc/_build/i.html", &["doc/source/conf.py"]),
    ("eggs", "p.egg/p.py", &["p.egg/EGG-INFO/PKG-INFO"]),
];

/// Evidence in any other place, or of another kind, does not count.
const NO_EVIDENCE: &str = "Pipfile requirements.txt setup.py.orig pyproject.toml.bak tox.ini \
                           other/pyproject.toml other/setup.py other/conf.py";

#[test]
fn generic_name_is_debris_with_evidence_alone() {
    for (topic, debris, evidence) in GENERIC {
        let top = debris.split('/').next().unwrap();
        let without = tree(&format!("q/{debris} {NO_EVIDENCE}"));
        without.add("pyproject.toml");
        let before = without.listing();
        without.pyclean(&format!("-q . --debris {topic}"));
        assert_eq!(without.listing(), before, "{debris}");
        for evidence in *evidence {
            let tree = tree(&format!("{debris} {evidence}"));
            let listing = listed(&tree, &format!(". --debris {topic}"));
            let line = listing.lines().find(|line| debris.starts_with(line));
            assert!(line.is_some(), "{debris}, {evidence}: {listing}");
            assert!(listing.starts_with(top) || *topic == "package");
            tree.pyclean(&format!("-q . --debris {topic}"));
            assert!(!tree.path().join(debris).exists(), "{debris}, {evidence}");
        }
    }
}

#[test]
fn directory_with_a_generic_name_is_searched_for_bytecode() {
    for (topic, debris, _) in GENERIC {
        let Some((directory, _)) = debris.rsplit_once('/') else {
            continue;
        };
        let tree = tree(&format!("{debris} {directory}/p/__pycache__/m.pyc"));
        tree.add(&format!("{directory}/p/.mypy_cache/m"));
        let listing = format!("{directory}/p/.mypy_cache/ {directory}/p/__pycache__/");
        assert_listed(&tree, &format!(". --debris mypy {topic}"), &listing);
    }
}

#[test]
fn names_of_other_tools_and_people_are_kept() {
    let tree = tree(
        "vendor/panel/dist/p.js Documents/dist/d engine/build/lib/e.a engine/CMakeLists.txt \
         models/.cache/m report/coverage.json report/coverage.xml panda.egg f.nbc f.nbi \
         develop/setup.py develop/p.egg-info/PKG-INFO develop/src/q.egg-info/PKG-INFO \
         docs/_build/i.html __pypackages__/3.12/lib/q/dist/d.js p.egg-info setup.py",
    );
    assert_finds_nothing(&tree, ". --debris all");
}

#[test]
fn egg_is_a_directory_with_egg_info_or_a_zip_archive() {
    let tree = tree("a.egg/EGG-INFO/P b.egg/EGG-INFO c.egg/c.py d.egg e.egg f.egg");
    fs::write(tree.file_path("d.egg"), b"PK\x03\x04rest").unwrap();
    fs::write(tree.file_path("e.egg"), b"PK\x03").unwrap();
    assert_listed(&tree, ". --debris eggs", "a.egg/ b.egg/ d.egg");
}

#[test]
fn directories_of_pyinstaller_are_debris_beside_its_spec() {
    let entries = "build/app/a.toc build/other/b dist/app";
    for (spec, text, expected) in [
        ("app.spec", "a = Analysis(['app.py'])", "build/app/ dist/"),
        ("app.spec", "Name: app\n%prep\n", ""),
        ("other.txt", "a = Analysis(['app.py'])", ""),
    ] {
        println!("{spec}: {text}");
        let tree = tree(entries);
        fs::write(tree.file_path(spec), text).unwrap();
        assert_listed(&tree, ". --debris package", expected);
    }
    let tree = tree("build/app/a.toc build/app/.pytest_cache/v dist/app build/.mypy_cache/m");
    fs::write(tree.file_path("app.spec"), "Analysis(").unwrap();
    tree.pyclean("-q . --debris package mypy");
    assert_eq!(tree.names(), "app.spec\n");
}

#[test]
fn files_of_numba_are_debris_in_a_cache_alone() {
    let tree = tree(
        "__pycache__/f.nbi __pycache__/f.1.nbc __pycache__/m.cpython-312.pyc __pycache__/n.txt \
         __pycache__/d/g.nbi f.nbc",
    );
    let arguments = ". --debris numba --keep-python 3.12";
    assert_listed(&tree, arguments, "__pycache__/f.1.nbc __pycache__/f.nbi");
}

/// Names that look like those of tools, but that no tool makes again.
#[test]
fn data_that_no_tool_makes_again_is_never_debris() {
    let entries = "setup.py .benchmarks/b .asv/results/a .basedpyright/baseline.json .dvc/d \
                   .mlruns/m app.spec .ropeproject/r __pypackages__/3.12/lib/p.py \
                   __marimo__/session/n.py.json .pyrefly_cache/p .ty_cache/t m.py.cover \
                   nosetests.xml.txt x.testmondata";
    assert_finds_nothing(&tree(entries), ". --debris all");
}

#[test]
fn mutants_without_records_of_mutmut_are_kept() {
    for (entries, is_debris) in [
        ("mutants/m.py setup.py", false),
        ("mutants/m.py mutants/n.py.meta setup.py", false),
        ("mutants/m.py mutants/m.py.meta", false),
        ("mutants/m.py mutants/m.py.meta/ setup.py", false),
        ("mutants/a/m.py mutants/a/m.py.meta setup.py", true),
    ] {
        println!("{entries}");
        let listing = if is_debris { "mutants/" } else { "" };
        assert_listed(&tree(entries), ". --debris mutmut", listing);
    }
}

/// Where the evidence cannot be read, the directory is kept.
#[cfg(unix)]
#[test]
fn mutants_that_cannot_be_read_are_kept() {
    use crate::permissions::run_with_mode;
    let tree = tree("mutants/a/m.py setup.py");
    run_with_mode(&tree, "mutants/a", 0, ". --debris mutmut").assert_snapshot(str![[r#"
--- stderr
error: cannot read mutants/a: Permission denied (os error 13)
hint: mutants/a cannot be read: chmod u+rx mutants/a
Nothing removed.
--- exit 1

"#]]);
    tree.assert_left("mutants/a/m.py setup.py");
}
