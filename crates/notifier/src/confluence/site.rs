//! What is done to one page. Everything but making it can be done twice: each step looks first whether it is done.

use super::answer::{List, Named, Property, Shown};
use super::page::{Mark, Page};
use super::request;
use crate::render::line;
use crate::sender::{Api, Trouble};

/// How often a page is read again because somebody else was faster.
const TRIES: usize = 4;

/// A space of a site, for as long as one turn takes.
pub(super) struct Site<'a> {
    pub(super) api: Api<'a>,
    /// The key of the space, or its id in digits.
    pub(super) space: &'a str,
}

/// What there is of a title.
pub(super) enum Found {
    /// Our page, by its id.
    Ours(String),
    /// A page of somebody else, and what to do.
    Foreign(String),
    /// None.
    Nothing,
}

impl Site<'_> {
    /// Makes a page; its id. One that is refused may be there already, made by a sender who did not live to say so.
    pub(super) async fn create(&self, page: &Page, parent: Option<&str>) -> Result<String, Trouble> {
        let space = self.space_id().await.map_err(Trouble::of_reading)?;
        match self.api.ask::<Named>(&request::create(&space, parent, page)).await {
            Ok(made) => Ok(made.id),
            Err(Trouble::Refused { text, fields }) => match self.found(&space, page).await? {
                Found::Ours(id) => Ok(id),
                Found::Foreign(why) => Err(Trouble::refused(why)),
                Found::Nothing => Err(Trouble::Refused { text, fields }),
            },
            Err(trouble) => Err(trouble),
        }
    }

    /// Looks for a page by its title.
    pub(super) async fn find(&self, page: &Page) -> Result<Found, Trouble> {
        let space = self.space_id().await?;
        self.found(&space, page).await
    }

    async fn found(&self, space: &str, page: &Page) -> Result<Found, Trouble> {
        let title = &page.content.title;
        let list: List<Shown> = self.api.ask(&request::titled(space, title)).await?;
        let Some(shown) = list.results.into_iter().next() else { return Ok(Found::Nothing) };
        let ours = match self.property(&shown.id).await?.and_then(|property| property.mark()) {
            Some(mark) => mark.id == page.id.as_str(),
            None => shown.names(&page.id),
        };
        if ours {
            return Ok(Found::Ours(shown.id));
        }
        Ok(Found::Foreign(format!(
            "the space {} has a page '{}' (id {}) that is not ours: give that page another title, then deliver again",
            line(self.space, 60),
            line(title, 100),
            line(&shown.id, 40)
        )))
    }

    async fn space_id(&self) -> Result<String, Trouble> {
        if self.space.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(self.space.to_owned());
        }
        let list: List<Named> = self.api.ask(&request::space(self.space)).await?;
        let gone = || {
            let key = line(self.space, 60);
            Trouble::Unusable(format!(
                "Confluence shows no space '{key}': name its key as in the address of the space, and let the account of the connection see it"
            ))
        };
        list.results.into_iter().next().map(|space| space.id).ok_or_else(gone)
    }

    async fn property(&self, id: &str) -> Result<Option<Property>, Trouble> {
        let list: List<Property> = self.api.ask(&request::marks(id)).await?;
        Ok(list.results.into_iter().next())
    }

    /// Brings a page to where it should be. The mark comes last: as long as it says otherwise, all of it is looked at again.
    pub(super) async fn bring(&self, id: &str, page: &Page) -> Result<(), Trouble> {
        let (property, mark) = (self.property(id).await?, Mark::of(page));
        if property.as_ref().and_then(Property::mark).as_ref() == Some(&mark) {
            return Ok(());
        }
        self.write(id, page).await?;
        if let Some(file) = &page.file {
            self.api.send(&request::attach(id, file)).await?;
        }
        let over = property.as_ref().map(|property| (property.id.as_str(), property.version.number));
        self.api.send(&request::mark(id, &mark, over)).await?;
        Ok(())
    }

    /// Writes the content, unless it stands there. Who was overtaken reads again.
    async fn write(&self, id: &str, page: &Page) -> Result<(), Trouble> {
        let mut overtaken = Trouble::Conflict(String::new());
        for _ in 0..TRIES {
            let shown: Shown = self.api.ask(&request::read(id)).await?;
            if !shown.is_current() {
                let status = line(&shown.status, 30);
                return Err(Trouble::Gone(format!("it is {status}: restore it, or cancel its delivery")));
            }
            if shown.shows(page) {
                return Ok(());
            }
            match self.api.send(&request::update(&shown, page)).await {
                Err(trouble @ Trouble::Conflict(_)) => overtaken = trouble,
                outcome => return outcome.map(drop),
            }
        }
        Err(overtaken)
    }
}
