//! The command line.

mod errors;
mod generate;

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr, stdout};
use std::path::{Path, PathBuf};

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{
    OsStringValueParser, PathBufValueParser, PossibleValuesParser, TypedValueParser,
};
use clap::{ColorChoice, Parser, ValueHint, value_parser};

use crate::path::{parse_path, plain};
use crate::pyc::Interpreter;
use crate::rules::topics::names;

pub(crate) use generate::{Generate, generate};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// The pyclean from PyPI has the same name.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (Rust)");

/// Remove Python bytecode and, on request, tool caches
///
/// Removes __pycache__ directories, *.pyc, *.pyo, *$py.class and partial writes
/// (m.pyc.12345), recursively. Other leftovers are removed only on request. Symlinks
/// are not followed.
#[derive(Debug, Parser)]
#[command(version = VERSION, styles = STYLES, max_term_width = 80)]
#[command(infer_long_args = true, args_override_self = true)]
#[command(override_usage = "pyclean <PATH>... [OPTIONS]")]
#[command(after_help = "Example - preview first:  pyclean --dry-run .")]
#[command(after_long_help = generate::after_long_help())]
pub struct Cli {
    /// Directories or bytecode files to clean
    ///
    /// A PATH is searched even if its name is skipped by default.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    #[arg(value_parser = PathBufValueParser::new().try_map(parse_path))]
    pub(crate) paths: Vec<PathBuf>,

    /// Remove only stale bytecode
    ///
    /// Stale is bytecode that is orphaned (its source was deleted), outdated (its source
    /// was changed), raced (its source was changed in the second in which it was
    /// compiled), moved (pytest compiled it at another path), damaged, or left over from an
    /// interrupted write.
    #[arg(long, help_heading = "Selection", overrides_with = "no_stale")]
    stale: bool,

    /// Override `stale = true` in pyproject.toml
    ///
    /// The last of --stale and --no-stale counts.
    #[arg(long, help_heading = "Selection", overrides_with = "stale")]
    #[arg(hide_short_help = true)]
    no_stale: bool,

    /// Remove only bytecode for these Python versions
    ///
    /// Separate versions with commas. Examples: 3.11, 311, cpython-311, pypy3.9, pypy39,
    /// 2.7.
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    #[arg(value_hint = ValueHint::Other, help_heading = "Selection")]
    pub(crate) python: Vec<Interpreter>,

    /// Keep bytecode for these Python versions
    ///
    /// Separate versions with commas, as for --python.
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    #[arg(value_hint = ValueHint::Other, help_heading = "Selection")]
    pub(crate) keep_python: Vec<Interpreter>,

    /// Remove only what other options select
    ///
    /// Bytecode is kept: pyclean . --debris mypy --no-bytecode
    #[arg(long, help_heading = "Selection")]
    #[arg(conflicts_with_all = ["stale", "python", "keep_python"])]
    pub(crate) no_bytecode: bool,

    /// Also clean the bytecode of PATH that Python stored in DIR
    #[arg(long, value_name = "DIR", env = "PYTHONPYCACHEPREFIX")]
    #[arg(hide_env_values = true, help_heading = "Selection")]
    // The default parser refuses an empty value, which means no directory for Python.
    #[arg(value_parser = OsStringValueParser::new().map(|dir| plain(dir.into())))]
    pycache_prefix: Option<PathBuf>,

    /// Also remove leftovers of Python tools, by topic
    #[arg(short, long, value_name = "TOPIC", num_args = 0.., value_delimiter = ',')]
    #[arg(value_parser = PossibleValuesParser::new(names()), hide_possible_values = true)]
    #[arg(long_help = generate::debris_help(), help_heading = "Selection")]
    pub(crate) debris: Option<Vec<String>>,

    /// Also remove what matches GLOB (asks first)
    ///
    /// GLOB is relative to each PATH: "tmp/**/*" matches everything in tmp, tmp/ matches
    /// the directory itself. The matches are listed and removed after you confirm it. A
    /// directory is removed only if it ends up empty: to remove tmp with its contents, write
    /// "tmp/**/*" tmp/.
    ///
    /// This option takes all values that follow it, so put PATH first. Before PATH, write
    /// --erase="*.log".
    #[arg(short, long, value_name = "GLOB", num_args = 1.., help_heading = "Selection")]
    pub(crate) erase: Vec<String>,

    /// Also remove empty directories
    ///
    /// This includes directories that become empty in this run.
    #[arg(short, long, help_heading = "Selection")]
    pub(crate) folders: bool,

    /// Also run `git clean -dx` (asks first)
    ///
    /// It removes all untracked and ignored files, such as .env. It runs last, in each PATH,
    /// and is interactive unless --yes is given. It keeps what --ignore names. With this
    /// option, --ignore accepts only names, in which * and ? are wildcards. A dry run prints
    /// what git would remove; the total does not include it.
    #[arg(short, long, help_heading = "Selection")]
    pub(crate) git_clean: bool,

    /// Exclude files and directories (name, path, glob)
    ///
    /// A name matches at any depth. A path such as a/b also matches x/a/b. What is excluded
    /// is neither searched nor removed.
    ///
    /// This option takes all values that follow it, so put PATH first. Before PATH, write
    /// --ignore=NAME.
    #[arg(short, long, value_name = "NAME", num_args = 1.., help_heading = "Selection")]
    pub(crate) ignore: Vec<OsString>,

    /// Search directories that are skipped by default
    ///
    /// These are directories of version control (.git, .hg, .svn, .jj, .bzr, _darcs, .pijul,
    /// .sl, CVS), .direnv, .tox, .nox, .pixi, node_modules and virtual environments.
    #[arg(long, help_heading = "Selection")]
    pub(crate) no_default_ignore: bool,

    /// Ignore [tool.pyclean] settings in pyproject.toml
    #[arg(long, help_heading = "Selection")]
    pub(crate) isolated: bool,

    /// Don't cross file system boundaries
    #[arg(short = 'x', long, help_heading = "Selection")]
    #[arg(conflicts_with = "git_clean")]
    pub(crate) one_file_system: bool,

    /// Dry run: list what would be removed
    #[arg(short = 'n', long, help_heading = "Behavior")]
    dry_run: bool,

    /// Dry run that exits with 1 if anything would be removed
    #[arg(long, help_heading = "Behavior")]
    pub(crate) check: bool,

    /// Describe the bytecode files given as PATH; remove nothing
    ///
    /// Prints the interpreter that wrote each file, the magic number, how Python validates
    /// the file, its source, and whether it is up to date, with the reason that --stale
    /// would give.
    #[arg(long, help_heading = "Behavior")]
    #[arg(conflicts_with_all = ["stale", "no_stale", "python", "keep_python", "no_bytecode"])]
    #[arg(conflicts_with_all = ["debris", "erase", "folders", "git_clean", "ignore", "isolated"])]
    #[arg(conflicts_with_all = ["no_default_ignore", "one_file_system", "dry_run", "check", "yes"])]
    #[arg(conflicts_with_all = ["jobs", "verbose", "quiet", "by_project", "print0", "json"])]
    pub(crate) explain: bool,

    /// Answer yes to all prompts
    ///
    /// These are the prompts of --erase and --git-clean. Also required if a PATH is a whole
    /// file system or a git directory.
    #[arg(short, long, help_heading = "Behavior")]
    pub(crate) yes: bool,

    /// Number of threads [default: CPU cores, max. 16]
    #[arg(short, long, value_name = "N", help_heading = "Behavior")]
    #[arg(value_parser = value_parser!(u16).range(1..=512))]
    pub(crate) jobs: Option<u16>,

    /// List every removed file and directory
    #[arg(short, long, help_heading = "Output", conflicts_with = "quiet")]
    pub(crate) verbose: bool,

    /// Hide the listing, the summary and the progress bar
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Print the total of each project instead of paths
    ///
    /// The largest project comes first. A project is the nearest directory above what was
    /// found that contains pyproject.toml, setup.py, setup.cfg or .git, or else the
    /// directory right below PATH.
    #[arg(long, help_heading = "Output", conflicts_with_all = ["print0", "verbose"])]
    pub(crate) by_project: bool,

    /// End each listed path with a NUL byte (-n, -v)
    #[arg(short = '0', long, help_heading = "Output")]
    pub(crate) print0: bool,

    /// Print JSON Lines: one JSON object per line
    #[arg(long, help_heading = "Output", conflicts_with = "print0")]
    pub(crate) json: bool,

    /// Use colors: auto, always or never
    ///
    /// With auto, colors are used if the output is a terminal and NO_COLOR is unset.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    #[arg(hide_possible_values = true, help_heading = "Output")]
    color: ColorChoice,

    /// Hide the progress bar
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,

    /// Generate the man page or shell completions
    ///
    /// KIND is man, complete-bash, complete-zsh, complete-fish or complete-powershell. The
    /// text is printed on stdout.
    #[arg(long, value_name = "KIND", help_heading = "Output")]
    #[arg(hide_short_help = true, hide_possible_values = true)]
    pub(crate) generate: Option<Generate>,

    /// The command line, for commands that messages suggest.
    #[arg(skip)]
    pub(crate) words: Vec<OsString>,
}

impl Cli {
    /// Parses the arguments of the process. Ends it if they are wrong, or ask for help.
    pub fn from_args() -> Self {
        let words: Vec<_> = env::args_os().skip(1).collect();
        let mut cli = errors::parse(&words).unwrap_or_else(|error| error.exit());
        let color = match cli.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        color.write_global();
        if let Err(error) = errors::check(&cli, &words) {
            error.exit()
        }
        cli.words = words;
        cli
    }

    /// `None` if the settings decide.
    pub(crate) fn stale(&self) -> Option<bool> {
        (self.stale || self.no_stale).then_some(self.stale)
    }

    /// For Python, an empty value means none.
    pub(crate) fn pycache_prefix(&self) -> Option<&Path> {
        let prefix = self.pycache_prefix.as_deref();
        prefix.filter(|prefix| !prefix.as_os_str().is_empty())
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run || self.check
    }

    /// Whether what is removed is listed.
    pub(crate) fn lists(&self) -> bool {
        self.json || self.verbose || (self.is_dry_run() && !self.quiet)
    }

    /// Whether the contents of a directory are listed, too, instead of the directory alone.
    pub(crate) fn lists_contents(&self) -> bool {
        self.verbose && !self.json
    }

    pub(crate) fn needs_confirmation(&self) -> bool {
        !self.erase.is_empty() && !self.yes && !self.is_dry_run()
    }

    pub(crate) fn shows_settings(&self) -> bool {
        let is_asked = self.is_dry_run() || self.verbose || stderr().is_terminal();
        is_asked && !self.quiet
    }

    /// `git clean` removes what git ignores, which debris usually is.
    pub(crate) fn shows_debris_hint(&self) -> bool {
        let is_quiet = self.quiet || self.json || self.git_clean;
        !is_quiet && stdout().is_terminal() && stderr().is_terminal()
    }

    pub(crate) fn shows_sizes(&self) -> bool {
        !self.quiet || self.needs_confirmation() || self.json
    }
}
