//! Builds the book.

use crate::api::{self, Api};
use crate::links::{self, Kind, replaced};
use crate::pages::{self, Page, SOURCE, joined, root};
use crate::sources::Sources;
use crate::{Problems, blocks, drawings, items, rendered};
use mdbook_driver::MDBook;
use mdbook_driver::book::{BookItem, Chapter};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What to build from, and where.
#[derive(Debug)]
pub struct Request {
    /// The folder that `cargo doc` has written.
    pub api: PathBuf,
    /// The folder of the finished book.
    pub out: PathBuf,
}

/// Builds the book, and follows all of its links.
///
/// # Errors
/// A page, a link or the renderer; each problem has a line.
pub fn build(request: &Request) -> Result<(), Problems> {
    let api = Api::read(&request.api)?;
    let mut book =
        MDBook::load(root().join("book")).map_err(|e| Problems::one(format!("book/: {e:#}")))?;
    // The folder is made anew, so that no page of an older book is left. One with other files is not ours.
    clear(&request.out)?;
    book.config.build.build_dir.clone_from(&request.out);

    let mut problems = Problems::default();
    let mut sources = Sources::default();
    let chapters = chapters(&book.book.items);
    let origins = origins(&chapters)?;
    not_listed(&chapters, &mut problems)?;
    // In the order of the book.
    let texts: Vec<items::Page> = chapters
        .iter()
        .filter_map(|chapter| origins.get(&name(chapter)?))
        .map(|(page, title)| (page.name.clone(), title.clone(), page.text.clone()))
        .collect();
    let by_origin: HashMap<PathBuf, String> = origins
        .values()
        .map(|(page, _)| (page.origin.clone(), page.name.clone()))
        .collect();

    book.book.for_each_chapter_mut(|chapter| {
        let Some((page, _)) = name(chapter).and_then(|name| origins.get(&name)) else {
            return;
        };
        let mut text = with_links(&page.text, &texts);
        if text.contains(items::PLACE) {
            text = text.replace(items::PLACE, &items::list(&api, &texts, &mut problems));
        }
        let mut targets = Links {
            page,
            api: &api,
            by_origin: &by_origin,
            sources: &mut sources,
            problems: &mut problems,
        };
        text = replaced(&text, |kind, target| targets.new_target(&kind, target));
        text = drawings::inlined(&text, &mut problems);
        chapter.content = blocks::without_notes(&text);
    });
    problems.checked()?;

    // mdBook empties the folder.
    let built = book.build();
    fs::write(request.out.join(MARK), "").map_err(|e| unwritable(&request.out, &e))?;
    built.map_err(|e| Problems::one(format!("the book could not be rendered: {e:#}")))?;
    let mut problems = Problems::default();
    sources
        .write(&request.out)
        .and_then(|()| copy(&request.api, &request.out.join(api::FOLDER)))
        .and_then(|()| rendered::check(&request.out, &mut problems))
        .map_err(|e| unwritable(&request.out, &e))?;
    problems.checked()
}

/// Files of pages in backquotes, which other readers of the file find in the project, as links.
fn with_links(text: &str, pages: &[items::Page]) -> String {
    pages
        .iter()
        .fold(text.to_owned(), |text, (name, title, _)| {
            let file = format!("`{SOURCE}/{name}`");
            text.replace(&file, &format!("[{title}]({name})"))
        })
}

/// The links of one page.
struct Links<'a> {
    page: &'a Page,
    api: &'a Api,
    by_origin: &'a HashMap<PathBuf, String>,
    sources: &'a mut Sources,
    problems: &'a mut Problems,
}

impl Links<'_> {
    fn new_target(&mut self, kind: &Kind, target: &str) -> Option<String> {
        let is_name = matches!(kind, Kind::Name);
        if is_name || (api::is_path(target) && !self.is_file(target)) {
            let address = self.api.address(target);
            // A word in brackets may be no link at all.
            if address.is_none() && (!is_name || target.starts_with('`')) {
                self.problem(target, "is no public item of the crate");
            }
            return address;
        }
        if target.starts_with('#') || target.contains(':') || target.starts_with("api/") {
            return None;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let folder = self.page.origin.parent().unwrap_or(Path::new(""));
        let file = joined(folder, path);
        let mark = if anchor.is_empty() { "" } else { "#" };
        if let Some(name) = self.by_origin.get(&file) {
            return Some(format!("{name}{mark}{anchor}"));
        }
        let is_page = |name: &&str| self.by_origin.values().any(|it| it == name);
        if let Some(name) = Some(path).filter(is_page) {
            return Some(format!("{name}{mark}{anchor}"));
        }
        // Pictures and other files beside the pages are copied by mdBook.
        if let Ok(beside) = file.strip_prefix(SOURCE)
            && !pages::has_extension(path, "md")
            && root().join(&file).is_file()
        {
            return Some(beside.display().to_string());
        }
        let address = self.sources.address(&file);
        if address.is_none() || !links::has_heading(&file, anchor) {
            self.problem(target, "leads to no page, no file and no heading");
        }
        address
    }

    fn is_file(&self, target: &str) -> bool {
        let folder = self.page.origin.parent().unwrap_or(Path::new(""));
        root().join(joined(folder, target)).exists()
    }

    fn problem(&mut self, target: &str, what: &str) {
        let origin = self.page.origin.display();
        self.problems
            .add(format!("{origin}: the link {target} {what}: correct it"));
    }
}

fn chapters(items: &[BookItem]) -> Vec<Chapter> {
    let mut all = Vec::new();
    for item in items {
        if let BookItem::Chapter(chapter) = item {
            all.push(chapter.clone());
            all.extend(chapters(&chapter.sub_items));
        }
    }
    all
}

/// The page and the title of each chapter, by the name of its file.
fn origins(chapters: &[Chapter]) -> Result<HashMap<String, (Page, String)>, Problems> {
    chapters
        .iter()
        .filter_map(|chapter| Some((name(chapter)?, chapter.name.clone())))
        .map(|(name, title)| Ok((name.clone(), (pages::read(&name)?, title))))
        .collect()
}

/// A page that is not in the table of contents would be lost.
fn not_listed(chapters: &[Chapter], problems: &mut Problems) -> Result<(), Problems> {
    let listed: Vec<String> = chapters.iter().filter_map(name).collect();
    for page in pages::all()? {
        if !listed.contains(&page.name) {
            problems.add(format!(
                "{SOURCE}/{} is not in SUMMARY.md: add a line there",
                page.name
            ));
        }
    }
    Ok(())
}

fn name(chapter: &Chapter) -> Option<String> {
    Some(chapter.source_path.as_ref()?.to_str()?.to_owned())
}

/// A file that only a folder of a book has.
const MARK: &str = ".redgrease-book";

fn clear(out: &Path) -> Result<(), Problems> {
    let mark = out.join(MARK);
    let is_ours = mark.exists();
    let is_empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    if !is_ours && !is_empty {
        return Err(Problems::one(format!(
            "{} is no folder of a book: name an empty folder, or one that does not exist",
            out.display()
        )));
    }
    let cleared = if is_ours {
        fs::remove_dir_all(out)
    } else {
        Ok(())
    };
    cleared
        .and_then(|()| fs::create_dir_all(out))
        .and_then(|()| fs::write(&mark, ""))
        .map_err(|e| unwritable(out, &e))
}

fn unwritable(out: &Path, error: &io::Error) -> Problems {
    Problems::one(format!(
        "{} could not be written: {error}; check the permissions and the space of the disk",
        out.display()
    ))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
