//! The man page, which is generated from the command line.

use crate::util::tree;

#[test]
fn man_page_describes_every_option() {
    let page = tree("").pyclean("--generate man");
    assert_eq!(page.code, Some(0));
    for part in [
        ".TH PYCLEAN 1",
        "\\-\\-stale",
        "mypy           .mypy_cache",
        ".SH \"EXIT STATUS\"",
        ".SH \"EXAMPLES\"",
        ".SH \"ENVIRONMENT\"",
        ".SH \"FILES\"",
        ".SH OUTPUT",
        "XDG_CACHE_HOME",
    ] {
        assert!(page.stdout.contains(part), "{part}: {}", page.stdout);
    }
}

/// `man` of macOS has no option for warnings.
#[cfg(target_os = "linux")]
#[test]
fn man_page_is_rendered_without_warnings() {
    use std::fs;
    use std::process::Command;

    use crate::util::is_missing;

    let page = tree("").pyclean("--generate man").stdout;
    let tree = tree("");
    fs::write(tree.file_path("pyclean.1"), page).unwrap();
    let man = ["man", "--warnings=all", "-l", "pyclean.1"].as_slice();
    let mandoc = ["mandoc", "-T", "ascii", "-W", "warning,stop", "pyclean.1"].as_slice();
    for command in [man, mandoc] {
        if is_missing(command[0]) {
            continue;
        }
        let mut render = Command::new(command[0]);
        render.args(&command[1..]).current_dir(tree.path());
        let output = render.env("MANPAGER", "cat").output().unwrap();
        let warnings = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && warnings.is_empty(),
            "{command:?}: {warnings}"
        );
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("PYCLEAN(1)"), "{command:?}: {text}");
    }
}
