//! A workflow that posts what is sent to its secret address: 202 first, and then it fails or not, where nobody sees it.

use serde_json::Value;

use super::card;
use super::model::{Limits, Run, SECOND};
use crate::office::limits::Window;
use crate::office::said::{Answer, Asked, Ctx};
use crate::office::{Vendor, serve};

const ID: &str = "3f0c8d5a9b7e4c62a1d4e8f7b6c5d4e3";
const SIGNATURE: &str = "kq3R8wY2vN5tB7xJ1mH4dF6sA9pL0zCgUeQiOrTyWbk";

/// The path and the parameters of its address.
pub(crate) fn workflow_path() -> String {
    format!(
        "/powerautomate/automations/direct/workflows/{ID}/triggers/manual/paths/invoke\
         ?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={SIGNATURE}"
    )
}

/// The workflow.
#[derive(Debug)]
pub(crate) struct Workflow {
    pub(crate) limits: Limits,
    pub(super) runs: Vec<Run>,
    window: Window,
}

impl Workflow {
    pub(crate) fn new() -> Self {
        Self { limits: Limits::documented(), runs: Vec::new(), window: Window::default() }
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Takes over what an earlier one kept.
    pub(crate) fn remember(&mut self, runs: Vec<Run>) {
        self.runs = runs;
    }
}

/// Answers a request.
pub(crate) fn run(workflow: &mut Workflow, ctx: &mut Ctx<'_>, asked: &Asked) -> Answer {
    let refuse = |status, code: &str, message: &str| {
        Answer::json(status, serde_json::json!({"error": {"code": code, "message": message}}))
    };
    let path = workflow_path();
    if Some(asked.path.as_str()) != path.split('?').next() {
        return refuse(404, "WorkflowNotFound", "The workflow could not be found.");
    }
    if asked.asked_for("sig") != Some(SIGNATURE) {
        let text = "The request must be authenticated only by Shared Access scheme.";
        return refuse(401, "DirectApiAuthorizationRequired", text);
    }
    if asked.method != "POST" {
        return refuse(405, "MethodNotAllowed", "The trigger is called with POST.");
    }
    if let Some(most) = workflow.limits.workflow {
        if !workflow.window.wait(ctx.now, most, ctx.clock.scaled(SECOND)).is_zero() {
            return refuse(429, "WorkflowTriggerRequestsThrottled", "The trigger is called too often.");
        }
        workflow.window.done(ctx.now);
    }
    let body = serve::json(asked).unwrap_or_default();
    let failed = outcome(asked, &body, workflow.limits.message).err();
    let what = if failed.is_some() { "workflow.failed" } else { "workflow.posted" };
    ctx.wrote(Vendor::Workflow, what, workflow.runs.len().to_string());
    workflow.runs.push(Run { at: ctx.now, body, failed });
    Answer::empty(202)
}

/// What the history of its runs says.
fn outcome(asked: &Asked, body: &Value, largest: usize) -> Result<(), String> {
    if asked.body.len() > largest {
        return Err("RequestEntityTooLarge".to_owned());
    }
    let Some(attachments) = body["attachments"].as_array() else {
        return Err(
            "The 'foreach' action's value is of type 'Null'. The value must be a valid array.".to_owned()
        );
    };
    if body["type"] != "message" || attachments.is_empty() {
        return Err("The message has no card.".to_owned());
    }
    attachments.iter().try_for_each(|attachment| {
        if attachment["contentType"] != "application/vnd.microsoft.card.adaptive"
            || !attachment["content"].is_object()
        {
            return Err("The attachment is no card.".to_owned());
        }
        card::check(&attachment["content"])
    })
}
