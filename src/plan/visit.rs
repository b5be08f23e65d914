//! Visits what a plan removes in path order.

use std::ffi::OsStr;
use std::iter::Peekable;
use std::vec::IntoIter;

use super::{DirRecord, Plan, is_in};

/// Something that is removed: a directory, or a file of it by its position and name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    /// The position of the record.
    pub(crate) dir: usize,
    pub(crate) file: Option<(usize, &'a OsStr)>,
}

/// Visits the records of a plan one after the other. The files and the subdirectories of a
/// directory are visited in one order, by name.
#[derive(Debug)]
pub(crate) struct Visitor<'a> {
    plan: &'a Plan,
    open: Vec<OpenDir<'a>>,
}

#[derive(Debug)]
struct OpenDir<'a> {
    record: &'a DirRecord,
    files: Peekable<IntoIter<Item<'a>>>,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            open: Vec::new(),
        }
    }

    /// Visits the next record: what `retain` retains of it.
    pub(crate) fn visit_dir(
        &mut self,
        dir: usize,
        retain: impl Fn(Item<'a>) -> bool,
        mut visit: impl FnMut(Item<'a>),
    ) {
        let record = &self.plan.dirs[dir];
        while let Some(last) = self.open.pop_if(|last| !last.holds(record)) {
            last.files.for_each(&mut visit);
        }
        if let Some(last) = self.open.last_mut() {
            let below = record.path.strip_prefix(&last.record.path);
            let next = below
                .unwrap_or(&record.path)
                .iter()
                .next()
                .unwrap_or_default();
            while let Some(item) = last.files.next_if(|item| item.name() < next) {
                visit(item);
            }
        }
        let top = Item { dir, file: None };
        if record.is_removed && retain(top) {
            visit(top);
        }
        let names = record.files().map(|(name, _)| name).enumerate();
        let mut files: Vec<Item> = names
            .map(|file| Item {
                dir,
                file: Some(file),
            })
            .filter(|item| retain(*item))
            .collect();
        files.sort_unstable_by_key(Item::name);
        self.open.push(OpenDir {
            record,
            files: files.into_iter().peekable(),
        });
    }

    /// Visits the rest after the last record.
    pub(crate) fn finish(&mut self, mut visit: impl FnMut(Item<'a>)) {
        while let Some(last) = self.open.pop() {
            last.files.for_each(&mut visit);
        }
    }
}

impl OpenDir<'_> {
    fn holds(&self, record: &DirRecord) -> bool {
        self.record.root == record.root && is_in(&record.path, &self.record.path)
    }
}

impl<'a> Item<'a> {
    /// The name of the file.
    fn name(&self) -> &'a OsStr {
        self.file.map(|(_, name)| name).unwrap_or_default()
    }
}
