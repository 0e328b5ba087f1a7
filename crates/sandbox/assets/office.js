"use strict";
// What was sent becomes text nodes only; links are made of https addresses, and of nothing else.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);

  const el = (tag, look, ...kids) => {
    const node = document.createElement(tag);
    if (look) node.className = look;
    for (const kid of kids.flat()) if (kid !== null && kid !== undefined && kid !== "") node.append(kid);
    return node;
  };
  const words = (value) => (value === null || value === undefined ? "" : String(value));
  const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
  const time = (text) => {
    const node = el("time", "", words(text).slice(0, 16).replace("T", " "));
    node.dateTime = words(text);
    return node;
  };
  const link = (url, kids) => {
    if (!/^https:\/\/[^\s]+$/.test(words(url))) return el("span", "", kids);
    const node = el("a", "", kids);
    node.href = url;
    node.rel = "noopener noreferrer nofollow";
    node.target = "_blank";
    return node;
  };

  // Atlassian's document format. A node that is not known is shown by what is in it.
  const MARKS = { strong: "strong", em: "em", code: "code", strike: "s", underline: "u" };
  const BLOCKS = { doc: "div", paragraph: "p", bulletList: "ul", orderedList: "ol", listItem: "li", blockquote: "blockquote" };
  const inside = (node) => (Array.isArray(node.content) ? node.content.map(adf) : []);
  const text = (node) => {
    let shown = document.createTextNode(words(node.text));
    for (const mark of Array.isArray(node.marks) ? node.marks : []) {
      if (mark.type === "link") shown = link(mark.attrs && mark.attrs.href, shown);
      else if (Object.hasOwn(MARKS, mark.type)) shown = el(MARKS[mark.type], "", shown);
    }
    return shown;
  };
  const table = (node) => {
    const row = (one, at) => el("tr", at === 0 ? "head" : "", inside(one));
    return el("table", "wide", el("tbody", "", (node.content || []).map(row)));
  };
  function adf(node) {
    if (!node || typeof node !== "object") return "";
    switch (node.type) {
      case "text": return text(node);
      case "hardBreak": return el("br");
      case "rule": return el("hr");
      case "heading": return el(`h${Math.min(6, 3 + (Number(node.attrs && node.attrs.level) || 1) - 1)}`, "", inside(node));
      case "codeBlock": return el("pre", "", inside(node));
      case "panel": return el("div", "panel", inside(node));
      case "table": return table(node);
      case "tableHeader": return el("th", "", inside(node));
      case "tableCell": return el("td", "", inside(node));
      default: return el(Object.hasOwn(BLOCKS, node.type) ? BLOCKS[node.type] : "span", "", inside(node));
    }
  }

  const fold = (open, head, ...body) => {
    const node = el("details", "", el("summary", "", head), el("div", "inside", ...body));
    node.open = open;
    return node;
  };
  const history = (ticket) => el("ul", "log",
    el("li", "", time(ticket.created), ` ${ticket.by} made it`),
    ticket.moved.map((one) => el("li", "", time(one.at), ` ${one.by}: ${one.from} → ${one.to}`)));
  const part = (title, ...kids) => [el("h3", "", title), ...kids];

  const ticket = (one, at) => fold(at === 0,
    [el("span", "key", one.key), el("span", "title", one.summary), el("span", `pill ${one.category}`, one.status),
      one.due && one.open ? el("span", "side", `due ${one.due}`) : null],
    adf(one.description),
    one.comments.length ? part("Comments", one.comments.map((comment) =>
      el("div", "comment", el("div", "faint", comment.by, " ", time(comment.at)), adf(comment.body)))) : null,
    one.links.length ? part("Links", el("ul", "", one.links.map((to) => el("li", "", link(to.url, words(to.title || to.url)))))) : null,
    one.files.length ? part("Files", el("ul", "", one.files.map((name) => el("li", "", name)))) : null,
    part("History", history(one)),
    el("p", "labels", el("span", "", one.kind), one.labels.map((label) => el("span", "", label))));

  const page = (one, at) => fold(at === 0,
    [el("span", "title", one.title), el("span", "side", one.beneath ? `beneath ${one.beneath}` : "",
      one.beneath ? " · " : "", `version ${one.versions.length} of `, time(one.at))],
    typeof one.body === "string" ? el("pre", "", one.body) : adf(one.body));

  // Cards, by Microsoft's own renderer, in colours of Teams. No Markdown of theirs becomes markup here.
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const tone = (plain, subtle) => ({ default: plain, subtle });
  const tones = (is) => ({
    default: is ? tone("#ffffff", "#adadad") : tone("#242424", "#616161"),
    dark: tone("#242424", "#616161"),
    light: tone("#ffffff", "#adadad"),
    accent: is ? tone("#9299f7", "#7f85f5") : tone("#5b5fc7", "#5b5fc7"),
    good: is ? tone("#92c353", "#92c353") : tone("#13a10e", "#237b4b"),
    warning: is ? tone("#f8d22a", "#f8d22a") : tone("#835c00", "#835c00"),
    attention: is ? tone("#f9526b", "#f9526b") : tone("#c4314b", "#c4314b"),
  });
  const style = (is, back) => ({ backgroundColor: back, foregroundColors: tones(is) });
  const host = (is) => new AdaptiveCards.HostConfig({
    fontFamily: "'Segoe UI', system-ui, sans-serif",
    fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
    fontWeights: { lighter: 200, default: 400, bolder: 600 },
    lineHeights: { small: 16, default: 20, medium: 20, large: 24, extraLarge: 32 },
    spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
    separator: { lineThickness: 1, lineColor: is ? "#3d3d3d" : "#e0e0e0" },
    supportsInteractivity: true,
    actions: { maxActions: 6, spacing: "default", buttonSpacing: 8, actionsOrientation: "horizontal", actionAlignment: "left" },
    containerStyles: {
      default: style(is, is ? "#292929" : "#ffffff"),
      emphasis: style(is, is ? "#1f1f1f" : "#f5f5f5"),
      accent: style(is, is ? "#2f2f4a" : "#e8ebfa"),
      good: style(is, is ? "#1c331a" : "#e7f2da"),
      attention: style(is, is ? "#3d1c22" : "#fcf4f6"),
      warning: style(is, is ? "#3b3212" : "#fbf6d9"),
    },
    factSet: { title: { weight: "bolder", wrap: true, maxWidth: 150 }, value: { wrap: true }, spacing: 16 },
  });
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (_, result) => { result.didProcess = false; };
  const drawn = (content) => {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = host(dark.matches);
    card.onExecuteAction = (action) => {
      if (/^https:\/\//.test(words(action.url))) window.open(action.url, "_blank", "noopener,noreferrer");
    };
    card.parse(content);
    return card.render() || el("p", "none", "This card cannot be drawn.");
  };
  const message = (one) => el("div", "message", el("div", "avatar", "CM"), el("div", "body",
    el("div", "from", el("b", "", "CheckMate"), " ", el("span", "faint", one.by, " · ", time(one.at))),
    one.failed ? el("p", "none", `The run failed: ${one.failed}`) : el("div", "card", drawn(one.card))));

  const SHOWN = 4;
  const cards = () => {
    const all = data.cards.map(message);
    const older = all.splice(SHOWN);
    if (older.length) all.push(fold(false, [el("span", "title", count(older.length, "older card"))], older));
    return all;
  };

  const mark = (signed) => (signed === null ? el("span", "faint", "not checked")
    : el("span", `pill ${signed ? "yes" : "no"}`, signed ? "signed" : "not signed"));
  const events = () => {
    const row = (one) => el("tr", "", el("td", "", time(one.at)), el("td", "", el("code", "", words(one.type))),
      el("td", "", words(one.title), " ", el("span", "faint", words(one.subject))), el("td", "", mark(one.signed)));
    const kinds = new Map();
    for (const one of data.events) kinds.set(one.type, (kinds.get(one.type) || 0) + 1);
    const signed = data.events.filter((one) => one.signed).length;
    const told = [...kinds].map(([kind, number]) => `${number} ${kind}`).join(", ");
    return fold(data.events.length <= 20, [el("span", "title", told), el("span", "side", `${signed} of ${data.events.length} with a signature that is right`)],
      el("table", "wide", el("tbody", "", data.events.map(row))));
  };

  const section = (id, title, none, all) => {
    const node = el("section", "", el("h2", "", title), all.length ? all : el("p", "none", none));
    node.id = id;
    return node;
  };
  const due = (one) => [one.open ? 0 : 1, words(one.due) || "9"].join(" ");
  const tickets = [...data.tickets].sort((a, b) => due(a) < due(b) ? -1 : due(a) > due(b) ? 1 : 0);
  const open = tickets.filter((one) => one.open).length;
  const draw = () => {
    const parts = [
      ["cards", "Cards in Teams", data.cards.length, "No card came.", cards()],
      ["tickets", "Tickets in Jira", tickets.length, "No ticket came.", tickets.map(ticket)],
      ["pages", "Pages in Confluence", data.pages.length, "No page came.", data.pages.map(page)],
      ["events", "Events at the webhook", data.events.length, "No event came.", data.events.length ? [events()] : []],
    ];
    const to = ([id, title, number]) => {
      const node = el("a", "", title.split(" ")[0], el("b", "", number));
      node.href = `#${id}`;
      return node;
    };
    document.body.replaceChildren(
      el("header", "", el("h1", "", "What has arrived"),
        el("p", "", `${count(open, "open ticket")}, ${tickets.length - open} done. Sent to stand-ins of Jira, Confluence, Teams and a webhook on this machine, as they stood at `, time(data.at), " UTC.")),
      el("nav", "", parts.map(to)),
      ...parts.map(([id, title, , none, all]) => section(id, title, none, all)));
  };
  draw();
  dark.addEventListener("change", draw);
})();
