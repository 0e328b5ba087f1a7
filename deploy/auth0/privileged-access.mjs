// Gives the worker its privileged access to Token Vault, as privileged-access.json says.
//
// auth0-deploy-cli shows this setting and does not write it (8.44.0), so it is one step of its own, after the import and with
// the same environment. It can be run again: keys that are registered stay, the rest is set anew.
//
// To replace the key: give its credential in privileged-access.json another name, run this with the new public key (both are
// good now), change vault.subject_key_file and vault.subject_key_id, restart the workers, and run this with --drop-others.
//
// Node 20 or later, no packages.
import { readFileSync } from "node:fs";
import process from "node:process";

function stop(what) {
  console.error(`privileged-access: ${what}`);
  process.exit(1);
}

function setting(name) {
  return process.env[name] || stop(`${name} is not set: use the environment of the import`);
}

function mappings() {
  try {
    return JSON.parse(setting("AUTH0_KEYWORD_REPLACE_MAPPINGS"));
  } catch (error) {
    return stop(`AUTH0_KEYWORD_REPLACE_MAPPINGS is no JSON: ${error.message}`);
  }
}

/** The file with its keywords replaced, as the import replaces them: ##NAME## within a text, @@NAME@@ as JSON. */
function wanted() {
  const file = new URL("privileged-access.json", import.meta.url);
  let text = readFileSync(file, "utf8");
  for (const [name, value] of Object.entries(mappings())) {
    text = text.replaceAll(`##${name}##`, String(value).replaceAll("\n", "\\n"));
    text = text.replaceAll(`@@${name}@@`, JSON.stringify(value));
  }
  const left = text.match(/(##|@@)([A-Z_]+)\1/);
  if (left) stop(`${left[2]} is not in AUTH0_KEYWORD_REPLACE_MAPPINGS`);
  return JSON.parse(text);
}

const domain = setting("AUTH0_DOMAIN");
let token;

async function call(method, path, body) {
  const answer = await fetch(`https://${domain}${path}`, {
    method,
    redirect: "error",
    signal: AbortSignal.timeout(30_000),
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  }).catch((error) => stop(`${domain} cannot be reached: ${error.cause?.message ?? error.message}`));
  const text = await answer.text();
  if (!answer.ok) stop(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

async function clientOf(name) {
  for (let page = 0; ; page += 1) {
    const clients = await call("GET", `/api/v2/clients?fields=client_id,name,token_vault_privileged_access&page=${page}&per_page=100`);
    const found = clients.find((client) => client.name === name);
    if (found) return found;
    if (clients.length < 100) stop(`there is no application "${name}" at ${domain}: run the import first`);
  }
}

const want = wanted();
({ access_token: token } = await call("POST", "/oauth/token", {
  grant_type: "client_credentials",
  client_id: setting("AUTH0_CLIENT_ID"),
  client_secret: setting("AUTH0_CLIENT_SECRET"),
  audience: `https://${domain}/api/v2/`,
}));
const client = await clientOf(want.client);
const id = client.client_id;
const known = await call("GET", `/api/v2/clients/${id}/credentials`);
const registered = known.find((one) => one.name === want.credential.name);
const key = registered ?? (await call("POST", `/api/v2/clients/${id}/credentials`, want.credential));
const before = client.token_vault_privileged_access?.credentials ?? [];
const others = process.argv.includes("--drop-others") ? [] : before.filter((one) => one.id !== key.id);
await call("PATCH", `/api/v2/clients/${id}`, {
  token_vault_privileged_access: {
    credentials: [{ id: key.id }, ...others.map((one) => ({ id: one.id }))],
    ip_allowlist: want.ip_allowlist,
    grants: want.grants,
  },
});
if (registered) {
  console.log(`a key called ${key.name} was registered before and stays (kid ${key.kid}): another key needs another name`);
}
console.log(`${want.client} (${id}) has privileged access: key ${want.credential.name} (kid ${key.kid}), ` +
  `${others.length} other keys, ` +
  `${want.ip_allowlist.length} addresses, ${want.grants.length} connections`);
