//! The directories that a job is in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::DirEntry;

use super::{Found, Walk};
use crate::decide::{Enter, Mode, Tree};
use crate::directory::Dir;
use crate::failure::Failure;
use crate::path::strip_base;
use crate::place::{GIT, Markers, PROJECT, Place, SETTINGS};
use crate::plan::DirRecord;
use crate::roots::{Root, Scope};
use crate::rules::topics::Property;
use crate::rules::{CACHE_DIR, is_installed};
use crate::settings;

/// A directory in which a job starts.
pub(super) struct Start {
    pub(super) root: usize,
    pub(super) path: PathBuf,
    pub(super) enter: Enter,
    pub(super) above: Arc<Place>,
}

/// A directory that a job is in.
pub(super) struct Frame {
    pub(super) depth: usize,
    /// Its path as the system takes it.
    pub(super) path: PathBuf,
    pub(super) mode: Mode,
    /// The place that holds it.
    pub(super) above: Arc<Place>,
    /// Its own place, once all its markers are known.
    pub(super) place: Option<Arc<Place>>,
    pub(super) markers: Markers,
    /// Its markers, which are decided like anything else once the place is known.
    pub(super) waiting: Vec<DirEntry>,
    pub(super) record: DirRecord,
    /// The number of records that the job had when it entered the directory.
    pub(super) records_before: usize,
    pub(super) sizes: Option<Dir>,
}

impl Start {
    /// The start in a PATH. A symlink is followed, as the user wrote it.
    pub(super) fn of_root(root: &Root) -> Self {
        let debris = !is_installed(&root.canonical);
        let is_cache = root.canonical.ends_with(CACHE_DIR);
        let mode = match root.scope {
            Scope::Mirrors(_) => Mode::Towards,
            Scope::Entries(_) if is_cache && root.above.rules.bytecode.selects_all() => {
                Mode::All(Tree::Cache)
            }
            Scope::Entries(_) if is_cache => Mode::Cache { debris },
            _ => Mode::Search { debris },
        };
        Self {
            root: root.id,
            path: root.path.clone(),
            enter: Enter::new(mode, None),
            above: Arc::clone(&root.above),
        }
    }
}

/// A path of the walk relative to the root.
pub(super) fn relative<'p>(root: &Root, path: &'p Path) -> &'p Path {
    // All paths of a walk begin with that of the root.
    if path.as_os_str().len() == root.path.as_os_str().len() {
        Path::new("")
    } else {
        strip_base(path, &root.path)
    }
}

/// Whether a mode is that of debris in which a tool made environments.
pub(super) fn holds_environments(mode: Mode) -> bool {
    matches!(mode, Mode::All(Tree::Debris(found)) if found.has(Property::HoldsEnvironments))
}

/// The place of a directory. In the top directory of a root, the settings are applied already.
pub(super) fn make_place(
    walk: &Walk,
    root: &Root,
    frame: &Frame,
    found: &mut Found,
) -> Result<Place, Failure> {
    let relative = relative(root, &frame.path);
    let shown = || root.display_path(relative);
    let entry = root.entry_path(&frame.path, relative);
    let mut place = Place::enter(&frame.above, entry, frame.markers)
        .map_err(|error| Failure::read(shown(), error))?;
    let is_root = relative.as_os_str().is_empty();
    if let Scope::Mirrors(mirrors) = &root.scope {
        if let Some(mirror) = mirrors.get(relative) {
            place.rules = Arc::clone(&mirror.rules);
            place.project = Some(Arc::clone(&mirror.path));
        }
    } else if place.has_any(SETTINGS)
        && !is_root
        && place.rules.reads_settings
        && let Some(file) = settings::read(&entry.canonical(), &root.canonical)
            .map_err(|failure| failure.at(shown().join(settings::FILE_NAME)))?
    {
        place.rules = Arc::new(place.rules.with_settings(&file));
        found.settings.insert(shown().join(settings::FILE_NAME));
        found.ignored_words.extend(file.ignored_words);
    }
    if walk.options.cli.by_project {
        let is_first = relative.components().count() == 1;
        let in_tree = matches!(frame.mode, Mode::All(_));
        if !in_tree && (place.has_any(PROJECT | GIT) || (is_first && place.project.is_none())) {
            place.project = Some(shown().into());
        }
    }
    Ok(place)
}
