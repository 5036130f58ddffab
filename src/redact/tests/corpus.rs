//! Texts with secrets, and texts that resemble them. They are generated when the tests run: the repository contains
//! nothing that looks like a secret.

/// Generates secrets: deterministic, and random enough that none is a word.
pub(super) struct Generator(u64);

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default()
    }

    pub(super) fn of(&mut self, alphabet: &str, length: usize) -> String {
        let characters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| characters[self.next() % characters.len()]).collect()
    }

    pub(super) fn alnum(&mut self, length: usize) -> String {
        self.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    pub(super) fn hex(&mut self, length: usize) -> String {
        self.of("0123456789abcdef", length)
    }
}

/// A text, and the secrets that are in it.
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) secrets: Vec<String>,
}

/// Names of secrets. `{S}` in the lists below is the secret, `{N}` one of these.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "password", "PASSWORD", "passwd", "pass", "pwd", "pw", "db_password", "DB_PASSWORD",
    "PGPASSWORD", "MYSQL_PWD", "userPassword", "Passwort", "contraseña", "senha", "пароль",
    "motDePasse", "secret", "client_secret", "clientSecret", "TIKTOK_CLIENT_SECRET",
    "SECRET_KEY_BASE", "token", "access_token", "accessToken", "refreshToken", "id_token",
    "authToken", "x-auth-token", "csrf_token", "apiKey", "apikey", "api_key", "API-KEY",
    "x-api-key", "accessKey", "aws_secret_access_key", "privateKey", "signingKey",
    "encryption_key", "service_role_key", "streamKey", "credentials", "jwt", "signature", "hmac",
    "otp", "code_verifier", "connectionString", "sas", "passphrase", "DBPASS", "SMTPPASS",
    "keypass", "storepass", "dbpw", "rootpw", "pswd", "HMACKEY", "MASTERKEY", "encryptionkey",
    "X-Rapidapi-Key", "passwords",
];

/// Names whose values are secret if they look generated.
#[rustfmt::skip]
const POSSIBLE_NAMES: &[&str] = &[
    "key", "session", "sessionId", "connect.sid", "auth", "REDIS_AUTH", "private", "pin", "seed",
    "code", "STRIPE_KEY",
];

/// Spellings of a name and its value.
const SPELLINGS: &[&str] = &[
    "{N}={S}",
    "{N} = {S}",
    "{N}:{S}",
    "{N}: {S}",
    "{N} : {S}",
    "{N}=\"{S}\"",
    "{N} = \"{S}\"",
    "{N}: '{S}'",
    "{N}: `{S}`",
    "\"{N}\":\"{S}\"",
    "\"{N}\": \"{S}\"",
    "{'{N}': '{S}'}",
    "{ {N}: '{S}' }",
    "{\"{N}\":[\"{S}\"]}",
    ":{N}=>\"{S}\"",
    "\"{N}\" => \"{S}\"",
    "<{N}>{S}</{N}>",
    "<x {N}=\"{S}\"/>",
    "--{N}={S}",
    "--{N} {S}",
    "{N}\":\"{S}",
    "%22{N}%22%3A%22{S}%22",
    "%2522{N}%2522%253A%2522{S}%2522",
    "&quot;{N}&quot;:&quot;{S}&quot;",
    r"\u0022{N}\u0022:\u0022{S}\u0022",
    r#"{\"{N}\":\"{S}\"}"#,
    r#"{\\\"{N}\\\": \\\"{S}\\\"}"#,
    "\u{1b}[32m{N}\u{1b}[39m: \u{1b}[32m'{S}'\u{1b}[39m",
    "{N}\u{200b}: {S}",
    "?{N}={S}&x=1",
    "/cb?x=1&{N}={S}",
    "https://a.example/cb?{N}={S}#top",
    "{\"key\":\"{N}\",\"value\":\"{S}\"}",
    "['{N}', '{S}', 'Accept', '*/*']",
    "{N}: >-\n  {S}\n",
    "export {N}={S}: not found",
    "config[{N}]={S}",
    "**{N}:** `{S}`",
    "**{N}**: {S}",
    "*{N}:* {S}",
    "- **{N}**: **{S}**",
    "{N}:\n```\n{S}\n```",
    "| {N} | {S} |",
    "{N} – {S}",
    "{N} . . . . : {S}",
    "{N} (live): {S}",
    "{N}[0]={S}",
    "<ns:{N} Type=\"x#Text\">{S}</ns:{N}>",
    "<{N} xsi:type=\"xsd:string\"><![CDATA[{S}]]></{N}>",
    "<key>{N}</key>\n  <string>{S}</string>",
    "<td>{N}</td><td>{S}</td>",
    "<string name=\"{N}\">{S}</string>",
    "<input type=\"hidden\" name=\"{N}\" value=\"{S}\">",
    "Content-Disposition: form-data; name=\"{N}\"\r\n\r\n{S}\r\n--b--",
    "form-data; name=\"{N}\"\r\nContent-Type: text/plain\r\n\r\n{S}\r\n--b--",
    r#"form-data; name=\"{N}\"\r\n\r\n{S}\r\n--b--"#,
    "{N}\n\"{S}\"",
    "{N}:\n  \"{S}\"",
    "\"{N}\":\n  \"{S}\"",
    "{N}=\\\n{S}",
    "{N}: Some(\"{S}\")",
    "{N}: Ok(Secret(\"{S}\"))",
    "{N}=SecretStr('{S}')",
    "{N} = String::from(\"{S}\")",
    "let {N}: &str = \"{S}\";",
    "{N}?: '{S}'",
    "- name: {N}\n    value: {S}",
    "- name: \"{N}\"\n  value: \"{S}\"",
    "[{\"code\":\"too_small\",\"path\":[\"{N}\"],\"received\":\"{S}\"}]",
    "{Name:{N},Value:{S},ValueFrom:nil}",
    "{name: {N}, value: {S}}",
    "x\n{N}\n  Input should be a valid integer [type=int_parsing, input_value='{S}', input_type=str]",
    "{\"loc\":[\"body\",\"{N}\"],\"msg\":\"Input should be\",\"input\":\"{S}\"}",
    "http.Header{\"{N}\":[]string{\"{S}\"}}",
    "{N}: []byte(\"{S}\")",
    "{N}:sql.NullString{String:\"{S}\", Valid:true}",
    "[(b'host', b'x.io'), (b'{N}', b'{S}')]",
    "[{\"name\":\"{N}\",\"slotSetting\":false,\"value\":\"{S}\"}]",
    "{'Name': '/prod/db/{N}', 'Type': 'SecureString', 'Value': '{S}'}",
    "{N} = \"\"\"{S}\"\"\"",
    "{:{N}, \"{S}\"}",
    "{{N},<<\"{S}\">>}",
    "[\"{N}\"]=>\n  string(20) \"{S}\"",
    "a:1:{s:8:\"{N}\";s:20:\"{S}\";}",
    "[('{N}', '{S}')]",
    "{\"{N}\":{\"S\":\"{S}\"}}",
    "{\"{N}\": {\"stringValue\": \"{S}\"}}",
];

/// Spellings that occur in sentences, for names that are not only possible.
#[rustfmt::skip]
const SENTENCES: &[&str] = &["{N} is {S}", "{N} '{S}'", "{N} {S} was refused", "Incorrect {N} provided: {S}.", "{N} mismatch: {S}",
    "{N} ({S}) is disabled", "Invalid {N} [{S}]", "invalid {N} <{S}>",
];

/// What precedes a name.
#[rustfmt::skip]
const CONTEXTS: &[&str] = &[
    "", "Error: ", "it failed, ", "env: ", "line 3:", "12:00:01 ", "msg=", "(",
    "FATAL: failed: host=db user=app ", "1. ",
];

/// Characters within passwords.
#[rustfmt::skip]
const CHARACTERS: &[&str] = &[
    "#", "$", "%", "(", ")", ",", ";", "<", "@", "[", "`", "{", "|", "}", "，", "é", ":", "!", "/",
    "+", "=", "*",
];

/// Headers and commands.
const HEADERS: &[&str] = &[
    "Authorization: Bearer {S}",
    "authorization=Basic {S}",
    "\"Authorization\": \"ApiKey {S}\"",
    "{\"headers\":{\"authorization\":[\"Basic {S}\"]}}",
    "Authorization: Token token=\"{S}\"",
    "curl -H 'Authorization: Bearer {S}' https://x failed",
    "'Authorization: Basic {S}\\r\\n' + 'Host: x'",
    "[ 'Authorization', 'Basic {S}', 'Cookie', 'sid=1' ]",
    "[{\"name\":\"Authorization\",\"value\":\"Basic {S}\"}]",
    "Cookie: theme=dark; sid={S}\nnext",
    "Set-Cookie: id={S}; Path=/",
    "-headers $'Cookie: LOGIN={S}\\r\\n' -i x",
    "Proxy-Authorization: Basic {S}",
    "401 for Bearer {S}",
    "\"Bearer {S}\\n\" is an invalid header value",
    "X-Server-Token={S}",
    "AUTH default {S}",
    "{ command: 'AUTH', args: [ '{S}' ] }",
    "AUTH PLAIN {S}",
    "sshpass -p {S} ssh x",
    "docker login -u u -p {S} r.example",
    "mysql -uroot -p{S} db",
    "curl -u me:{S} https://x",
    "curl --user me:{S} https://x",
    "{\"auths\":{\"r.example\":{\"auth\":\"{S}\"}}}",
    "//r.example/:_authToken={S}",
    "auth: 'user:{S}',",
    "invalid API key {S}",
    "token {S} is not a legal header value",
    "Incorrect API key provided: {S}. You can find your API key at https://x",
    "401 Invalid API Key provided: {S}",
    "API key ({S}) is disabled",
    "Stripe-Signature: t=1799999999,v1={S}",
    "http.Header{\"Authorization\":[]string{\"Bearer {S}\"}}",
    "http.Header{\"Cookie\":[]string{\"sid={S}\"}}",
    "[(b'authorization', b'Bearer {S}')]",
    "SAMLResponse={S}&RelayState=x",
    "mot de passe : {S}",
    "ReplyError: WRONGPASS. { command: { name: 'auth', args: [ '{S}' ] } }",
    "\"command\":{\"name\":\"auth\",\"args\":[\"bob\",\"{S}\"]}",
    "auth default {S}: WRONGPASS",
    "#0 /app/c.php(6): PDO->__construct('mysql:host=127....', 'root', '{S}', Array)",
    "PHPMailer\\SMTP->authenticate('a@x.example', '{S}', NULL)",
    "Command failed: youtube-dl -f 43 -u n@x.example -p {S} https://x.example/watch",
    "Command failed: unzip -P {S} a.zip",
    "7z x -p{S} a.7z",
    "az login --service-principal -u http://x -p {S} --tenant y",
    "lftp -u bob,{S} ftp.example",
    "PHPSESSID={S}",
    "X-JFrog-Art-Api: {S}",
    "[\"sshpass\",\"-p\",\"{S}\",\"ssh\"]",
    "['curl', '-u', 'a:{S}', 'https://x']",
    "[\"/usr/bin/mysql\",\"-uroot\",\"-p{S}\"]",
];

/// Texts with a UUID or hexadecimal digits that are secret because of what precedes them.
#[rustfmt::skip]
const IDS: &[&str] = &[
    "Authorization: Splunk {UUID}", "> Authorization: GenieKey {UUID}",
    "curl -H 'Authorization: Splunk {UUID}' https://x", "X-Rapidapi-Key: {UUID}",
    "X-Api-Key: {UUID}", "\"client_secret\": \"{UUID}\"",
    "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"/\", response=\"{HEX}\"",
    "Stripe-Signature: t=1799999999,v1={HEX}",
    "https://events.pagerduty.com/integration/{HEX}/enqueue",
    "https://api.netlify.com/build_hooks/{HEX}", "https://n8n.example/webhook/{UUID}",
];

/// Databases and URLs.
const URLS: &[&str] = &[
    "postgres://app:{S}@db.example:5432/app",
    "postgresql://app:{S}@h1:5432,h2:5432/app failed",
    "redis://:{S}@cache/0",
    "mysql://root:{S}@h:3306/d",
    "mongodb+srv://u:{S}@c.example/x?retryWrites=true",
    "amqps://u:{S}@mq/v",
    "https://admin:{S}@internal.example/x failed",
    "git clone https://{S}@github.com/o/r.git",
    "https://x-access-token:{S}@github.com/o/r",
    "postgres://app:p@ss/{S}?x@db.example:5432/app",
    "postgres%3A%2F%2Fapp%3A{S}%40db.example%2Fapp",
    "connecting to admin:{S}@db.example:5432/app",
    "u:{S}@tcp(db:3306)/app",
    "cannot parse `postgres://app:a>k!{S}@db:5432/x`: failed",
    "connecting to redis://default:W<{S}@cache:6379: timeout",
    "{\"url\":\"postgres://app:W\\{S}@db/x\"}",
    "postgres://app:W'{S}@db/x",
    "postgres://app:W {S}@db.example/x",
    "parse \"postgres://app:{S}\": invalid port \":{S}\" after host",
    "ValueError: Port could not be cast to integer value as '{S}'",
    "jdbc:postgresql://h/d?user=u&password={S}",
    "jdbc:sqlserver://h;user=sa;password={S};encrypt=true",
    "Server=h;User Id=sa;Password={S};",
    "Driver={PG};UID=u;PWD={{S}};",
    "AccountName=a;AccountKey={S};EndpointSuffix=x",
    "host=db password='{S}' dbname=x",
    "host = db password = {S} dbname = x",
    "db.example:5432:app:app:{S}",
    "bob@example.com:{S}",
    "login failed for bob@example.com / {S}",
    "cut off: postgres://app:{S}",
    "https://b.s3.example/k?X-Amz-Signature={S}&X-Amz-Date=1",
    "/c/b?sv=2022&sig={S}%3D denied",
    "POST https://hooks.slack.com/services/T01234567/B01234567/{S} 404",
    "POST https://discord.com/api/webhooks/123456789012345678/{S} 429",
    "https://mainnet.infura.io/v3/{S}",
    "postgres://app:p%40{S}@db/x",
    "ffmpeg: rtmps://live.example:443/rtmp/{S}: Input/output error",
    "rtmp://a.example/live2/{S}?x=1",
    "private key (WIF): {S}",
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"{S}\"}",
    "{ d: '{S}', kty: 'OKP' }",
    r#"{\"kty\":\"oct\",\"k\":\"{S}\"}"#,
    "{\"url\":\"redis:\\/\\/:{S}@cache\\/0\"}",
    "https://calendar.google.com/calendar/ical/a%40b/private-{S}/basic.ics",
    "https://outlook.office365.com/owa/calendar/a1@b.example/{S}/calendar.ics",
    "https://api.vercel.com/v1/integrations/deploy/prj_a1/{S}?x=1",
    "https://hook.eu1.make.com/{S}",
    "https://hooks.zapier.com/hooks/catch/1234567/{S}/",
];

/// SQL.
#[rustfmt::skip]
const SQL: &[&str] = &[
    "[SQL: INSERT INTO users (password, username) VALUES (%s, %s)] [parameters: ('{S}', 'test')]",
    "Failed query: insert into \"accounts\" (\"id\", \"access_token\") values ($1, $2)\nparams: 12,{S}",
    "{ query: 'INSERT INTO \"user\"(\"email\",\"password\") VALUES ($1,$2)', parameters: [ 'a@x.example', '{S}' ] }",
    "INSERT INTO t (id, token) VALUES (?, ?) with params [1, \"{S}\"]",
    "1062 Duplicate entry '{S}' for key 'authtoken_token_index'",
    "unique index 'IX_token'. The duplicate key value is ({S}).",
    "index: token_1 dup key: { : \"{S}\" }",
    "~ password = \"old4dAq9z\" -> \"{S}\"",
    "ALTER ROLE app PASSWORD '{S}'", "CREATE USER a IDENTIFIED BY PASSWORD '{S}'",
    "Key (api_key)=({S}) already exists.",
    "Key (email, refresh_token)=(a@b.c, {S}) already exists.",
    "insert into users(email,password) values ('a@b.c','{S}')",
    "INSERT INTO t (id, token) VALUES (1, '{S}'), (2, 'x')", "select pgp_sym_decrypt(x, '{S}')",
    "UPDATE users SET password='{S}' WHERE id=1", "password = '{S}'",
    "GRANT ALL ON x.* TO u@h IDENTIFIED BY '{S}'",
    "alter user a identified with mysql_native_password by '{S}'", "SET app.secret TO '{S}'",
];

/// Returns the samples of every class.
pub(super) fn secrets(seed: u64) -> Vec<Sample> {
    let mut all = Vec::new();
    let mut generator = Generator::new(seed);
    named(&mut generator, &mut all);
    passwords(&mut generator, &mut all);
    for template in HEADERS.iter().chain(URLS).chain(SQL) {
        for length in [16, 20, 32] {
            let secret = generator.alnum(length);
            all.push(Sample {
                name: (*template).to_owned(),
                text: template.replace("{S}", &secret),
                secrets: vec![secret],
            });
        }
    }
    for template in IDS {
        let uuid = [8, 4, 4, 4, 12].map(|length| generator.hex(length)).join("-");
        let hex = generator.hex(64);
        let secret = if template.contains("{HEX}") { &hex } else { &uuid };
        all.push(Sample {
            name: (*template).to_owned(),
            text: template.replace("{UUID}", &uuid).replace("{HEX}", &hex),
            secrets: vec![secret.clone()],
        });
    }
    let personal = format!("pat{}.{}", generator.alnum(14), generator.hex(64));
    all.push(Sample {
        name: "Airtable".to_owned(),
        text: format!("token {personal} was refused"),
        secrets: vec![personal],
    });
    for (prefix, token) in super::super::tokens::samples() {
        for text in [
            format!("request failed with {token} (403)"),
            format!("\"{token}\""),
            format!("a\\n{token}"),
        ] {
            let secret = token[prefix.len()..].to_owned();
            all.push(Sample { name: prefix.to_owned(), text, secrets: vec![secret] });
        }
    }
    private_keys(&mut generator, &mut all);
    all
}

/// Every name in every spelling.
fn named(generator: &mut Generator, all: &mut Vec<Sample>) {
    let possible = SPELLINGS
        .iter()
        .flat_map(|spelling| POSSIBLE_NAMES.iter().map(move |name| (name, spelling)));
    let certain = SPELLINGS.iter().chain(SENTENCES);
    let certain = certain.flat_map(|spelling| NAMES.iter().map(move |name| (name, spelling)));
    for (index, (name, spelling)) in certain.chain(possible).enumerate() {
        let secret = generator.alnum(14 + index % 8);
        let context = CONTEXTS[index % CONTEXTS.len()];
        let text = format!("{context}{}", spelling.replace("{N}", name).replace("{S}", &secret));
        all.push(Sample { name: format!("{name} {spelling}"), text, secrets: vec![secret] });
    }
}

/// Passwords with every character that delimits something.
fn passwords(generator: &mut Generator, all: &mut Vec<Sample>) {
    for template in
        ["PASSWORD={P}", "\"password\": \"{P}\"", "password: '{P}'", "PASSWORD={P} psql: refused"]
    {
        for character in CHARACTERS {
            let parts = [generator.alnum(10), generator.alnum(10)];
            let text = template.replace("{P}", &parts.join(character));
            all.push(Sample {
                name: format!("{template} {character}"),
                text,
                secrets: parts.to_vec(),
            });
        }
    }
}

/// Private keys: complete, on one line, cut at either end.
fn private_keys(generator: &mut Generator, all: &mut Vec<Sample>) {
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        let lines: Vec<String> = (0..6).map(|_| generator.alnum(64)).collect();
        let dashes = "-".repeat(5);
        let (begin, end) = (
            format!("{dashes}BEGIN {kind}PRIVATE KEY{dashes}"),
            format!("{dashes}END {kind}PRIVATE KEY{dashes}"),
        );
        for text in [
            format!("{begin}\n{}\n{end}\nafter", lines.join("\n")),
            format!("sign failed {begin}\\n{}\\n{end}", lines.join("\\n")),
            format!("{begin}\n{}", lines.join("\n")),
            format!("{}\n{end}", lines.join("\n")),
        ] {
            all.push(Sample { name: format!("{kind}PRIVATE KEY"), text, secrets: lines.clone() });
        }
    }
}

/// Texts that resemble secrets and contain none.
pub(super) fn harmless(seed: u64) -> Vec<String> {
    let mut generator = Generator::new(seed);
    let mut all: Vec<String> = Vec::new();
    for text in HARMLESS {
        let uuid = [8, 4, 4, 4, 12].map(|length| generator.hex(length)).join("-");
        let text = text.replace("{UUID}", &uuid).replace("{HEX}", &generator.hex(40));
        all.push(text.replace("{ID}", &generator.of("ABCDEFGHJKMNPQRSTVWXYZ0123456789", 20)));
    }
    all
}

const HARMLESS: &[&str] = &[
    "[SQL: INSERT INTO clips (id, slug) VALUES (%s, %s)] [parameters: (12, 'summer')]",
    "Failed query: select \"id\" from \"clips\" where \"slug\" = $1\nparams: summer",
    "query parameters: page=2, sort=name",
    "1062 Duplicate entry 'summer-2026' for key 'clips.clips_slug_key'",
    "unique index 'IX_slug'. The duplicate key value is (summer).",
    "dup key: { : \"summer\" }",
    "connect to redis://cache:6379 for bob@example.com failed",
    "\"postgres://db:5432\" was entered by admin@example.com",
    "see <https://a.example:8443> or mail ops@example.com",
    "Port could not be cast to integer value as '80'",
    "unzip -o a.zip -d out: 9 files",
    "Command failed: yt-dlp -o a.mp4 -f 22 https://x.example/watch?v=c6oWQ8p0FuI",
    "az group list -o table",
    "{:ok, \"started\"} and {error,<<\"timeout\">>}",
    "invalid token [1] in list",
    "array(1) {\n  [\"title\"]=>\n  string(6) \"Summer\"\n}",
    "{\"name\":\"LOG_LEVEL\",\"slotSetting\":false,\"value\":\"debug\"}",
    "the command auth is not known: WRONGTYPE",
    "Smtp->connect('mail.example', 587) failed",
    "~ instance_type = \"t3.small\" -> \"t3.large\"",
    "1/120 of 1202345678901: done",
    "Unexpected token < in JSON at position 0",
    "Unexpected token '}', \"{\"a\":}\" is not valid JSON",
    "Unexpected end of input near token: EOF",
    "invalid_token: The access token expired",
    "client_secret=undefined",
    "TIKTOK_CLIENT_SECRET: missing",
    "wrong password for this account",
    "the bearer token is missing",
    "password must be at least 8 characters",
    "password is required",
    "password authentication failed for user \"app\"",
    "{\"password\":\"must be at least 8 characters\"}",
    "{\"errors\":{\"apiKey\":[\"Required\"]}}",
    "secret: not found",
    "connect ECONNREFUSED 127.0.0.1:5432",
    "GET http://localhost:3000/api/readyz 503",
    "GET http://localhost:3000",
    "http://[::1]:8080/ refused",
    "ssh://git@github.com/o/r.git: not found",
    "redis://cache:6379/0 ECONNREFUSED",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ is private",
    "https://a.example/clips?page=2&sort=created_at#list",
    "https://cdn.example.com/v/0007.mp4?width=1080&fps=30: 404",
    "https://x.example/{UUID}/raw.mp4 403",
    "npm ERR! https://registry.npmjs.org/react/-/react-18.2.0.tgz",
    "react@18.2.0 requires node@>=18",
    "mail to bob@example.com bounced",
    "mailto:bob@example.com",
    "user bob@example.com: not found",
    "ffmpeg exited with code 1: /tmp/clip.mp4: Invalid data found",
    "ffmpeg: exit code: 137",
    "code=23505 table=jobs",
    "duplicate key value violates unique constraint \"jobs_pkey\"",
    "Key (id)=({UUID}) already exists.",
    "Key (idempotency_key)=({UUID}) already exists.",
    "NoSuchKey: The key does not exist. Key: clips/2025/12/a1b2c3.mp4",
    "s3_key=renders/ws-12/{HEX}.mp4",
    "s3_key: uploads/{UUID}/raw.mp4",
    "{\"object_key\":\"clips/{HEX}\"}",
    "cache_key=render:ws12:{HEX}",
    "idempotency_key: {UUID}",
    "partition_key={ID}",
    "lock_key: job:{UUID}",
    "{\"key\":\"clips/0007.mp4\"}",
    "sort_key=2026-01-01T00:00:00Z",
    "foreign key constraint \"jobs_workspace_fkey\"",
    "max_tokens=4096 is too large",
    "max_tokens: 4096",
    "{\"prompt_tokens\":8120,\"total_tokens\":9310}",
    "token_count=9310",
    "tokens per min (TPM): Limit 30000, Used 29800",
    "tokenizer: whisper-large-v3 not loaded",
    "next_page_token: CAoQAA",
    "at getToken (/app/src/token.ts:12:5)",
    "at /app/dist/auth/session.js:77:13",
    "secrets.py:120 in get_secret",
    "src/password.rs:12:5: error",
    "/etc/passwd: permission denied",
    "/run/secrets/db_password: No such file or directory",
    "commit {HEX} broke the render",
    "checksum mismatch: expected {HEX}",
    "digest: sha256:{HEX}",
    "etag: \"{HEX}\"",
    "job {UUID} heartbeat stale",
    "request_id={UUID}",
    "x-request-id: req_{ID}",
    "trace {HEX}",
    "log_id={ID}",
    "No such customer: 'cus_{ID}'",
    "price_{ID} is not active",
    "evt_{ID} was received twice",
    "TypeError: Cannot read properties of undefined (reading 'token')",
    "KeyError: 'access_token'",
    "ReferenceError: secret is not defined",
    "column \"api_key\" does not exist",
    "column \"password\" of relation \"users\"",
    "permission denied for table auth_tokens",
    "relation \"secrets\" does not exist",
    "function auth.uid() does not exist",
    "session expired",
    "session: closed by server",
    "session timeout after 30s",
    "auth: pending",
    "auth=none",
    "authorization: pending",
    "authorization=denied by policy jobs_select",
    "signature: v4 required",
    "signature=missing",
    "webhook signature: timestamp outside the tolerance zone",
    "JWT expired at 2026-01-01T00:00:00Z",
    "jwt: malformed",
    "cookies: 12 loaded",
    "cookie: missing",
    "use --cookies for the login",
    "protected by a password, use the --video-password option",
    "credential_source=Ec2InstanceMetadata",
    "CredentialsProviderError: Could not load credentials from any providers",
    "credentials: none",
    "api_key=null",
    "apiKey: undefined",
    "token=<redacted>",
    "password: ********",
    "TOKEN=${TOKEN}",
    "PASSWORD=",
    "token: [object Object]",
    "{\"token_type\":\"bearer\",\"expires_in\":3600}",
    "{\"code\":\"token_expired\"}",
    "{\"password_changed_at\":\"2026-01-01T00:00:00Z\"}",
    "sk_test is not a valid id",
    "ask-questions-first-please-do-it-now",
    "task-definition-cliply-worker:17",
    "disk-usage-95",
    "sk-estimators-2024 package missing",
    "act.update.user.profile.settings failed",
    "hf_hub_download failed",
    "re_render: 3",
    "private=true",
    "private_network=10.0.12.7",
    "this video is private",
    "basic auth is required",
    "Basic plan: 5 GB",
    "public_key=missing",
    "ssh-rsa key rejected",
    "key press event",
    "keyboard: en-US",
    "monkey: banana",
    "bypass: false",
    "passed: 12, failed: 3",
    "compass: north",
    "author: Ann",
    "authority: local",
    "description: a sign",
    "assign: worker-3",
    "codec: h264",
    "code: ENOENT",
    "statusCode: 503",
    "exit_code=1",
    "passthrough=1",
    "bypassed 3 jobs",
    "design: v2",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/prod-a1B2c3 not found",
    "the secret is out",
    "pin: 1234",
    "worker-7f9c4d6b5-x2k8p lost its lease",
    "pod/web-{HEX} evicted",
    "render of clip 7 took 12.5s",
    "seed: 42",
    "rtmp://a.example/live/stream1 refused",
    "rtmps://a.example:443/app: connection reset",
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{ID}\",\"y\":\"{ID}\"}",
    "{\"d\":\"{ID}\",\"p\":\"{ID}\"}",
    "**Password:** required",
    "**Token:** missing",
    "| token | type |",
    "<th>Password</th><th>Email</th>",
    "<Password Type=\"x\"></Password>",
    "<input name=\"password\" type=\"password\" value=\"\">",
    "form-data; name=\"password\"\r\n\r\n\r\n--b--",
    "form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\nbytes",
    "password:\n  - must be at least 8 characters",
    "password\n\nis required",
    "api_key: None",
    "api_key: Some(\"\")",
    "token: Option<String>",
    "errors.password (field): required",
    "secrets:\n  - name: app-env",
    "a secret - the second one",
    "my_secret_project is missing",
    "PASSWORD=*** psql failed",
    "assert token !== previousToken",
    "hashPassword(user): TypeError",
    "token: Err(InvalidHeader(\"missing bearer scheme\"))",
    "read secret | jq",
    "Failed to pull image \"ghcr.io/acme/app@sha256:{HEX}\": not found",
    "ErrImagePull: registry.example:5000/app@sha256:{HEX}",
    "KMS key arn:aws:kms:eu-west-1:123456789012:key/{UUID} is disabled",
    "Key 'arn:aws:kms:eu-west-1:123456789012:key/{UUID}' does not exist",
    "exit code=0x80070005",
    "error code: 0xC0000005",
    "token=eof line=12",
    "UPDATE sessions SET token = $1 WHERE id = $2",
    "UPDATE x SET password_hash = :hash WHERE id = %s",
    "token_type=bearer expires_in=3600",
    "Key (key)=(clip:{UUID}) already exists.",
    "Key (key)=({UUID}) already exists.",
    "job key=render:4711:4e039a5d",
    "lock key=clip-9f3a2b1c held",
    "idempotency key=abc123def456",
    "dedupe key={HEX}",
    "secret=projects/acme/secrets/stripe/versions/3",
    "name: DB_PASSWORD\nvalueFrom:\n  secretKeyRef:",
    "- name: LOG_LEVEL\n  value: a1b2c3d4e5f6a7",
    "db_password\n  Field required [type=missing, input_value={}, input_type=dict]",
    "API key provided: none",
    "password mismatch: passwords do not match",
    "token expired: please sign in again",
    "the signature (v4) is missing",
    "the secret (optional) is not set",
    "{\"api_key\":{\"NULL\":true}}",
    "{\"password\":{\"type\":\"string\"}}",
    "http.Header{\"Accept\":[]string{\"a1b2c3d4e5f6a7\"}}",
    "password=, retrying (2)",
    "authorization: pending {UUID}",
    "https://calendar.google.com/calendar/ical/a%40b/public/basic.ics",
    "https://www.make.com/en/help/webhooks",
    "[\"ffmpeg\",\"-p\",\"a1b2c3d4e5f6\"]",
    "identified by the owner",
    "response=ok nonce=1",
    "[{\"code\":\"invalid_type\",\"path\":[\"password\"],\"received\":\"undefined\"}]",
    "ErrorCode: BlobNotFound",
    "compass=a1b2c3d4",
    "monkey=a1b2c3d4",
    "",
];
