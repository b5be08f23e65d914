//! All tests of the program itself, in one binary: it is linked once, and long and short
//! tests share the cores.

#[path = "../util/mod.rs"]
mod util;

mod architecture;
mod by_project;
mod clean;
mod completions;
mod config;
mod debris;
#[cfg(unix)]
mod differential;
mod erase;
mod explain;
#[cfg(target_os = "linux")]
mod faults;
mod folders;
mod generate;
mod ghost;
mod git_clean;
mod guard;
mod help;
mod hooks;
mod hostile;
mod ignore;
mod interrupt;
mod json;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod one_file_system;
#[cfg(unix)]
mod permissions;
#[cfg(target_os = "linux")]
mod pictures;
mod prefix;
#[cfg(unix)]
mod properties;
mod races;
#[cfg(unix)]
mod random_tree;
#[cfg(unix)]
mod readme;
mod streams;
mod symlinks;
#[cfg(target_os = "linux")]
mod terminal;
mod tips;
mod tracked;
#[cfg(unix)]
mod unusual_entries;
#[cfg(unix)]
mod users;
#[cfg(windows)]
mod windows;
