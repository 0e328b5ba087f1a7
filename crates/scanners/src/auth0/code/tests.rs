use super::*;

fn facts(code: &str) -> Facts {
    let script = read_all(vec![code.to_owned()]).remove(0);
    script.facts().cloned().expect("parses")
}

#[test]
fn secrets_are_found_and_not_kept() {
    let code = "const apiKey = 'q8ZrT1xWm4Kd9LpVb2Nc';\nconst k = 'AKIAIOSFODNN7EXAMPLE';\nconst name = 'customers';";
    let found = facts(code);
    assert_eq!(found.secrets.iter().map(|spot| spot.line).collect::<Vec<_>>(), [1, 2]);
    assert!(!format!("{found:?}").contains("AKIA"));
}

#[test]
fn dangerous_things_are_found() {
    let found = facts(
        "require('child_process').exec('ls');\neval(x);\nnew Function('a');\n\
         request({url: 'http://api.example.com/x', rejectUnauthorized: false});\n\
         process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';\n\
         crypto.createHash('md5');\nconsole.log(event);\nconsole.log('done');\n\
         db.query('SELECT * FROM users WHERE email = ' + email);\ndb.query(`DELETE FROM t WHERE id = ${id}`);\n\
         api.idToken.setCustomClaim('https://x/e', event.user.email);\n",
    );
    let lines = |spots: &[Spot]| spots.iter().map(|spot| spot.line).collect::<Vec<_>>();
    assert_eq!(lines(&found.dangerous), [1, 2, 3]);
    assert_eq!(lines(&found.insecure), [4]);
    assert_eq!(lines(&found.tls_off), [4, 5]);
    assert_eq!(lines(&found.weak_hashes), [6]);
    assert_eq!(lines(&found.logging), [7]);
    assert_eq!(lines(&found.sql), [9, 10]);
    assert_eq!(lines(&found.claims), [11]);
    assert!(found.hosts.contains("api.example.com"));
    assert!(found.calls.contains("api.idToken.setCustomClaim"));
}

#[test]
fn the_same_things_are_found_in_other_words() {
    let lines = |spots: &[Spot]| spots.iter().map(|spot| spot.line).collect::<Vec<_>>();
    let found = facts(
        "import cp from 'child_process';\nimport('node:vm');\nFunction('a');\nglobalThis.eval(x);\n(0, eval)(x);\n\
         redis.eval(script);\n",
    );
    assert_eq!(lines(&found.dangerous), [1, 2, 3, 4, 5]);
    let found = facts(
        "a({rejectUnauthorized: 0});\nb.rejectUnauthorized = !1;\na({checkServerIdentity: () => undefined});\n\
         a({checkServerIdentity: function () {}});\nprocess.env['NODE_TLS_REJECT_UNAUTHORIZED'] = 0;\n\
         process.env.NODE_TLS_REJECT_UNAUTHORIZED = '1';\na({checkServerIdentity: (h, c) => tls.check(h, c)});\n\
         a({rejectUnauthorized: true});\n",
    );
    assert_eq!(lines(&found.tls_off), [1, 2, 3, 4, 5]);
    let found = facts(
        "f({headers: {Authorization: 'Bearer q8ZrT1xWm4Kd9LpV'}});\nconst secret = 'q8ZrT1xW' + 'm4Kd9LpVb2Nc';\n\
         const k = '9f86d081884c7d659a2feaa0c55ad015' + 'a3bf4f1b2b0b822cd15d6c15b0f00a08';\nh['x-api-key'] = 'q8ZrT1xWm4Kd';\n\
         h.set('x-api-key', 'q8ZrT1xWm4Kd');\nconst token = event.secrets.TOKEN;\n",
    );
    assert_eq!(lines(&found.secrets), [1, 2, 3, 4, 5]);
}

#[test]
fn secrets_are_found_wherever_they_stand() {
    for code in [
        "return_(); function f() { return; const password = 'q8ZrT1xWm4Kd9LpV'; }",
        "if (false) { const password = 'q8ZrT1xWm4Kd9LpV'; }",
        "const x = false && 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';",
        "const dbPass = 'q8ZrT1xWm4Kd9LpV';",
        "const encryptionKey = 'q8ZrT1xWm4Kd9LpV';",
        "sql.connect('Server=a;User=b;Password=q8ZrT1xW;');",
        "jwt.sign(p, 'q8ZrT1xWm4Kd9LpV');",
        "crypto.createHmac('sha256', 'q8ZrT1xWm4Kd9LpV');",
        "const s = new Stripe('q8ZrT1xWm4Kd9LpV');",
        "require('twilio')(sid, 'q8ZrT1xWm4Kd9LpV');",
        "db.setPassword('q8ZrT1xWm4Kd9LpV');",
        "const secret = Buffer.from('q8ZrT1xWm4Kd9LpV', 'base64');",
        "const token = event.secrets.T || 'q8ZrT1xWm4Kd9LpV';",
        "const token = a ? b : 'q8ZrT1xWm4Kd9LpV';",
        "const {password = 'q8ZrT1xWm4Kd9LpV'} = x;",
        "function f(token = 'q8ZrT1xWm4Kd9LpV') {}",
        "const token = `q8ZrT1xWm4Kd9LpV${x}`;",
        "const token = 'q8ZrT1xW' + 9 + 'm4Kd9LpV';",
        "const token = ['q8ZrT1xW', 'm4Kd9LpV'].join('');",
        "if (token === 'q8ZrT1xWm4Kd9LpV') {}",
        "const tokens = ['q8ZrT1xWm4Kd9LpV'];",
        "// password = 'q8ZrT1xWm4Kd9LpV'\n",
        "/* the key was ghp_abcdefghijklmnopqrstuvwxyz0123456789 */",
        "const password = 'q8yourT1xWm4Kd9LpV';",
        "const key = 'q8ZrT1xWm4Kd9LpVb2Nc';",
    ] {
        let found = facts(code);
        assert_eq!(found.secrets.len(), 1, "{code}: {found:?}");
        assert!(!format!("{found:?}").contains("q8"), "{code}");
    }
    for code in [
        "const token = event.secrets.API_TOKEN; const tokenUrl = 'https://a.example.com/token2';",
        "if (event.transaction.protocol === 'oauth2-access-token') {}",
        "if (grant_type === 'password') {} if (typeof token === 'undefined') {}",
        "getSecret('stripe-key-2024'); cache.get('session-key-0001');",
        "const password = 'your-password-1'; const key = 'user:profile:v2';",
        "const key = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';",
        "// set the password before 2024-01-01\nf();",
    ] {
        assert_eq!(facts(code).secrets, [], "{code}");
    }
}

#[test]
fn what_is_done_in_several_steps_is_found() {
    let lines = |spots: &[Spot]| spots.iter().map(|spot| spot.line).collect::<Vec<_>>();
    let found = facts(
        "db.query(util.format('SELECT * FROM t WHERE id = %s', id));\ndb.query('SELECT * FROM t WHERE id = '.concat(id));\n\
         let q = 'SELECT * FROM t WHERE id = '; q += id;\ndb.query(['SELECT * FROM t WHERE id =', id].join(' '));\n\
         db.query('SELECT * FROM t WHERE id = ?', [id]);\n",
    );
    assert_eq!(lines(&found.sql), [1, 2, 3, 4]);
    let found = facts(
        "const alg = 'md5'; crypto.createHash(alg);\ncrypto.hash('md5', x);\n\
         crypto.createHash('sha256').update(password).digest('hex');\ncrypto.createHash('sha256').update(body);\n",
    );
    assert_eq!(lines(&found.weak_hashes), [1, 2, 3]);
    let found = facts("const rejectUnauthorized = false;\nf({rejectUnauthorized});\n");
    assert_eq!(lines(&found.tls_off), [1]);
    let found = facts("f(`http://${host}/x`);\ng('http://' + host);\nh(`https://${host}`);\n");
    assert_eq!(lines(&found.insecure), [1, 2]);
    let found = facts("const run = eval;\n[].constructor.constructor('a')();\nconst m = 'vm'; require(m);\n");
    assert_eq!(lines(&found.dangerous), [1, 2, 3]);
}

#[test]
fn namespaces_of_claims_are_no_addresses() {
    let found = facts(
        "api.idToken.setCustomClaim('http://acme.example.com/roles', r);\ncontext.idToken['http://acme.example.com/x'] = 1;\n\
         f({'http://acme.example.com/y': 2});\n",
    );
    assert_eq!(found.insecure, []);
    assert!(found.hosts.is_empty());
}

#[test]
fn what_is_made_to_be_slow_is_read_in_time() {
    let began = std::time::Instant::now();
    for hostile in ["a().b", ".then(x => x)", "x=eval;", "f('SELECT a FROM b'+x);", "'a'+"] {
        let text = format!("a{}", hostile.repeat((100 << 10) / hostile.len()));
        read_all(vec![text]);
    }
    let nested = format!("{}'a'{}", "('a'+".repeat(2_000), ")".repeat(2_000));
    read_all(vec![nested]);
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn comments_and_what_is_never_reached_say_nothing() {
    let mentions = |code: &str| {
        let script = read_all(vec![code.to_owned()]).remove(0);
        script.mentions("email_verified").expect("parses")
    };
    for (code, says) in [
        ("if (event.user.email_verified) link();", true),
        ("if (!event.user['email_verified']) return_();", true),
        ("const {email_verified} = event.user; f(email_verified);", true),
        ("q('email_verified:true');", true),
        ("// email_verified\nlink();", false),
        ("/* email_verified */ link();", false),
        ("if (false) { f(event.user.email_verified); }\nlink();", false),
        ("const x = false && event.user.email_verified;", false),
        ("function f() { return 1; g(event.user.email_verified); }", false),
        ("console.log(event.user.email_verified);", false),
        ("api.idToken.setCustomClaim('email_verified', event.user.email_verified);", false),
    ] {
        assert_eq!(mentions(code), says, "{code}");
    }
}

#[test]
fn every_form_of_script_parses() {
    for code in [
        "function (user, context, callback) { callback(null, user, context); }",
        "function login(email, password, callback) { return callback(null, {}); }",
        "exports.onExecutePostLogin = async (event, api) => { await x; };",
        "module.exports = function (client, scope, audience, context, cb) { cb(); };",
        "import x from 'y'; export const a = 1;",
    ] {
        facts(code);
    }
}

#[test]
fn what_is_no_code_or_nested_beyond_reason_is_not_assessed() {
    for code in [
        "function (".to_owned(),
        "[".repeat(50_000),
        "!".repeat(60_000),
        "a=>".repeat(30_000),
        "x".repeat(LARGEST + 1),
    ] {
        let script = read_all(vec![code]).remove(0);
        assert!(script.facts().is_err());
    }
}

#[test]
fn what_is_no_sum_is_no_text() {
    for code in [
        "const password = 60 * 60;",
        "eval('a' + (2 * 3));",
        "f('a' - 'b');",
        "x['a' < b];",
        "['a' * 2].join('')",
    ] {
        assert!(read_all(vec![code.to_owned()]).remove(0).facts().is_ok(), "{code}");
    }
}

#[test]
fn old_runtimes_are_told_apart() {
    for (version, bad) in [("node16", true), ("node18-actions", true), ("22", false), ("node22", false)] {
        assert_eq!(matches!(runtime(version, "x"), Ok(Verdict::Failed(_))), bad, "{version}");
    }
    assert!(runtime("new", "x").is_err());
}
