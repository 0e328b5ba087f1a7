//! Spaces.

use serde_json::{Value, json};

use super::model::Space;
use super::{Confluence, listed, refuse};
use crate::office::said::{Answer, Answered, Asked, Ctx};

/// `GET /spaces`, by keys or ids.
pub(super) fn list(site: &Confluence, ctx: &Ctx<'_>, asked: &Asked) -> Answered {
    let (keys, ids) = (asked.list("keys"), asked.list("ids"));
    let fits = |space: &&Space| {
        (keys.is_empty() || keys.contains(&space.key)) && (ids.is_empty() || ids.contains(&space.id))
    };
    listed(ctx, asked, &site.spaces.iter().filter(fits).map(shown).collect::<Vec<_>>())
}

/// `GET /spaces/{id}`.
pub(super) fn read(site: &Confluence, _ctx: &Ctx<'_>, id: &str) -> Answered {
    Ok(Answer::json(200, shown(find(site, id)?)))
}

/// A space by its id; its key is no id.
pub(super) fn find<'a>(site: &'a Confluence, id: &str) -> Result<&'a Space, Box<Answer>> {
    if id.parse::<u64>().is_err() {
        let text =
            format!("Provided value {{{id}}} for 'spaceId' is not the correct type. Expected type is long");
        return Err(refuse(400, "INVALID_REQUEST_PARAMETER", &text));
    }
    let space = site.spaces.iter().find(|space| space.id == id);
    space.ok_or_else(|| refuse(404, "NOT_FOUND", "Space not found"))
}

fn shown(space: &Space) -> Value {
    json!({"id": space.id, "key": space.key, "name": space.name, "type": "global", "status": "current",
        "homepageId": space.homepage, "_links": {"webui": format!("/spaces/{}", space.key)}})
}
