//! One generator per kind of noise. Each appends an entry as tools write it.

use std::fmt::Write as _;

use stopleak::check::encoding::{Alphabet, base64_encode, hex_encode};
use stopleak::check::mint::Rng;

/// Appends one entry of a file.
type Maker = fn(&mut Rng, &mut String);

/// Name, path and generator.
pub(crate) const KINDS: &[(&str, &str, Maker)] = &[
    ("npm lock", "package-lock.json", npm_lock),
    ("yarn lock", "yarn.lock", yarn_lock),
    ("yarn berry lock", "yarn.lock", berry_lock),
    ("pnpm lock", "pnpm-lock.yaml", pnpm_lock),
    ("cargo lock", "Cargo.lock", cargo_lock),
    ("go.sum", "go.sum", go_sum),
    ("poetry lock", "poetry.lock", poetry_lock),
    ("pipfile lock", "Pipfile.lock", pipfile_lock),
    ("composer lock", "composer.lock", composer_lock),
    ("gem lock", "Gemfile.lock", gem_lock),
    ("nuget lock", "packages.lock.json", nuget_lock),
    ("terraform lock", ".terraform.lock.hcl", terraform_lock),
    (
        "gradle verification",
        "gradle/verification-metadata.xml",
        gradle_verification,
    ),
    ("nix flake lock", "flake.lock", flake_lock),
    ("minified script", "dist/app.min.js", minified),
    ("source map", "dist/app.js.map", source_map),
    ("certificates", "ca-bundle.pem", certificate),
    ("certificates in base64", "ca.yaml", certificate_base64),
    ("translations", "locales/de.json", translations),
    ("translations, po", "locales/fr.po", translations_po),
    ("svg", "logo.svg", svg),
    ("changelog", "CHANGELOG.md", changelog),
    ("checksums", "SHA256SUMS", checksums),
    ("page with integrity", "index.html", integrity),
    ("jwks", "jwks.json", jwks),
    ("known hosts", ".ssh/known_hosts", known_hosts),
    ("authorized keys", ".ssh/authorized_keys", authorized_keys),
    ("pgp public key", "KEYS", pgp_public),
    ("packed refs", ".git/packed-refs", packed_refs),
    ("notebook", "analysis.ipynb", notebook),
    ("test vectors", "tests/vectors.json", test_vectors),
    ("style sheet", "app.css", style_sheet),
    ("data urls", "icons.css", data_urls),
    ("xcode project", "App.xcodeproj/project.pbxproj", xcode),
    ("solution", "App.sln", solution),
    ("uuids", "ids.csv", uuids),
    ("log lines", "app.log", log_lines),
    ("github actions", ".github/workflows/ci.yml", actions),
    ("sealed secrets", "sealed.yaml", sealed_secrets),
    ("sops", "secrets.enc.yaml", sops),
    ("helm references", "deploy.yaml", helm_references),
    ("patch", "fix.patch", patch),
];

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const HEX: &[u8] = b"0123456789abcdef";
/// The parts of names. Some are stock words of credentials.
pub(crate) const WORDS: &[&str] = &[
    "router", "parser", "core", "types", "utils", "client", "server", "auth", "token", "secret",
    "password", "key", "session", "cookie", "config", "runtime", "plugin", "loader", "stream",
    "crypto", "hash", "vault", "aws", "azure", "google", "stripe", "slack", "github", "gitlab",
    "twilio", "datadog", "heroku", "openai", "sentry",
];

fn word<'a>(rng: &mut Rng) -> &'a str {
    WORDS[rng.below(WORDS.len())]
}

fn name(rng: &mut Rng) -> String {
    format!("{}-{}", word(rng), word(rng))
}

fn version(rng: &mut Rng) -> String {
    format!("{}.{}.{}", rng.below(20), rng.below(30), rng.below(40))
}

fn hex(rng: &mut Rng, digits: usize) -> String {
    rng.text(HEX, digits)
}

fn b64(rng: &mut Rng, bytes: usize) -> String {
    base64_encode(&rng.bytes(bytes), Alphabet::Standard, true)
}

fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(width) {
        out.push_str(indent);
        out.push_str(&String::from_utf8_lossy(chunk));
        out.push('\n');
    }
    out
}

fn uuid(rng: &mut Rng) -> String {
    [8, 4, 4, 4, 12].map(|n| hex(rng, n)).join("-")
}

macro_rules! put {
    ($out:expr, $($arg:tt)*) => {
        // Writing to a string cannot fail.
        let _ = write!($out, $($arg)*);
    };
}

fn npm_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, sum) = (name(rng), version(rng), b64(rng, 64));
    put!(
        out,
        "    \"node_modules/{n}\": {{\n      \"version\": \"{v}\",\n      \"resolved\": \"https://registry.npmjs.org/{n}/-/{n}-{v}.tgz\",\n      \"integrity\": \"sha512-{sum}\",\n      \"dev\": true\n    }},\n"
    );
}

fn yarn_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, sha, sum) = (name(rng), version(rng), hex(rng, 40), b64(rng, 64));
    put!(
        out,
        "\"@{n}/{n}@^{v}\":\n  version \"{v}\"\n  resolved \"https://registry.yarnpkg.com/@{n}/{n}/-/{n}-{v}.tgz#{sha}\"\n  integrity sha512-{sum}\n\n"
    );
}

fn berry_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, sum) = (name(rng), version(rng), hex(rng, 128));
    put!(
        out,
        "\"{n}@npm:^{v}\":\n  version: {v}\n  resolution: \"{n}@npm:{v}\"\n  checksum: 10c0/{sum}\n  languageName: node\n  linkType: hard\n\n"
    );
}

fn pnpm_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, sum) = (name(rng), version(rng), b64(rng, 64));
    put!(
        out,
        "  /{n}@{v}:\n    resolution: {{integrity: sha512-{sum}}}\n    engines: {{node: '>=6.9.0'}}\n"
    );
}

fn cargo_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, sum) = (name(rng), version(rng), hex(rng, 64));
    put!(
        out,
        "[[package]]\nname = \"{n}\"\nversion = \"{v}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{sum}\"\n\n"
    );
}

fn go_sum(rng: &mut Rng, out: &mut String) {
    let (n, v) = (name(rng), version(rng));
    let (a, b) = (b64(rng, 32), b64(rng, 32));
    put!(
        out,
        "github.com/{n}/{n} v{v} h1:{a}\ngithub.com/{n}/{n} v{v}/go.mod h1:{b}\n"
    );
}

fn poetry_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, a) = (name(rng), version(rng), hex(rng, 64));
    put!(
        out,
        "[[package]]\nname = \"{n}\"\nversion = \"{v}\"\nfiles = [\n    {{file = \"{n}-{v}-py3-none-any.whl\", hash = \"sha256:{a}\"}},\n]\n\n"
    );
}

fn pipfile_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, a) = (name(rng), version(rng), hex(rng, 64));
    put!(
        out,
        "        \"{n}\": {{\n            \"hashes\": [\n                \"sha256:{a}\"\n            ],\n            \"version\": \"=={v}\"\n        }},\n"
    );
}

fn composer_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, a) = (name(rng), version(rng), hex(rng, 40));
    put!(
        out,
        "        {{\n            \"name\": \"{n}/{n}\",\n            \"version\": \"v{v}\",\n            \"source\": {{\n                \"type\": \"git\",\n                \"url\": \"https://github.com/{n}/{n}.git\",\n                \"reference\": \"{a}\"\n            }},\n            \"dist\": {{\n                \"type\": \"zip\",\n                \"url\": \"https://api.github.com/repos/{n}/{n}/zipball/{a}\",\n                \"reference\": \"{a}\",\n                \"shasum\": \"\"\n            }}\n        }},\n"
    );
}

fn gem_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, a) = (name(rng), version(rng), hex(rng, 64));
    put!(out, "    {n} ({v})\n  {n} ({v}) sha256={a}\n");
}

fn nuget_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, a) = (name(rng), version(rng), b64(rng, 64));
    put!(
        out,
        "      \"{n}\": {{\n        \"type\": \"Transitive\",\n        \"resolved\": \"{v}\",\n        \"contentHash\": \"{a}\"\n      }},\n"
    );
}

fn terraform_lock(rng: &mut Rng, out: &mut String) {
    let (n, v, a, b) = (word(rng), version(rng), b64(rng, 32), hex(rng, 64));
    put!(
        out,
        "provider \"registry.terraform.io/hashicorp/{n}\" {{\n  version     = \"{v}\"\n  constraints = \"~> {v}\"\n  hashes = [\n    \"h1:{a}\",\n    \"zh:{b}\",\n  ]\n}}\n"
    );
}

fn gradle_verification(rng: &mut Rng, out: &mut String) {
    let (n, v, a, b) = (
        name(rng),
        version(rng),
        hex(rng, 64),
        hex(rng, 40).to_uppercase(),
    );
    put!(
        out,
        "      <component group=\"com.{n}\" name=\"{n}\" version=\"{v}\">\n         <artifact name=\"{n}-{v}.jar\">\n            <sha256 value=\"{a}\" origin=\"Generated by Gradle\"/>\n            <pgp value=\"{b}\"/>\n         </artifact>\n      </component>\n"
    );
}

fn flake_lock(rng: &mut Rng, out: &mut String) {
    let (n, a, b) = (name(rng), b64(rng, 32), hex(rng, 40));
    put!(
        out,
        "    \"{n}\": {{\n      \"locked\": {{\n        \"lastModified\": 1700000000,\n        \"narHash\": \"sha256-{a}\",\n        \"owner\": \"{n}\",\n        \"rev\": \"{b}\",\n        \"type\": \"github\"\n      }}\n    }},\n"
    );
}

fn minified(rng: &mut Rng, out: &mut String) {
    let (f, g) = (rng.text(LOWER, 2), rng.text(LOWER, 1));
    let w = word(rng);
    put!(
        out,
        "function {f}(e,t){{var {g}=e.{w}||t.{w};return {g}&&{g}.length>{}?{g}.{w}({}):void 0}}{f}.prototype.{w}=function(){{return this._{w}=this.{w}Token||\"{w}\"}};var {w}Key=\"{w}\",{w}Secret=e.{w},password={f}(t);",
        rng.below(99),
        rng.below(99999)
    );
    if rng.below(40) == 0 {
        let hash = hex(rng, 20);
        put!(
            out,
            "\n\"chunk-{hash}\":\"{hash}\",{}:\"{}\";",
            rng.below(9999),
            hash
        );
    }
}

fn source_map(rng: &mut Rng, out: &mut String) {
    const VLQ: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    put!(
        out,
        "{{\"version\":3,\"sources\":[\"../src/{}.ts\"],\"names\":[\"{}\",\"{}\"],\"mappings\":\"",
        name(rng),
        word(rng),
        word(rng)
    );
    for _ in 0..400 {
        let count = 4 + rng.below(2);
        out.push_str(&rng.text(VLQ, count));
        out.push(if rng.below(5) == 0 { ';' } else { ',' });
    }
    out.push_str("\"}\n");
}

/// Writes the DER outline of a certificate, with random bytes for the rest.
fn der(rng: &mut Rng) -> Vec<u8> {
    let mut der = vec![
        0x30, 0x82, 0x03, 0x52, 0x30, 0x82, 0x02, 0x3a, 0xa0, 0x03, 0x02, 0x01,
    ];
    der.extend(rng.bytes(842));
    der
}

fn pem_certificate(rng: &mut Rng) -> String {
    let body = base64_encode(&der(rng), Alphabet::Standard, true);
    format!(
        "-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n",
        wrapped(&body, 64, "")
    )
}

fn certificate(rng: &mut Rng, out: &mut String) {
    let finger = hex_encode(&rng.bytes(20)).to_uppercase();
    put!(
        out,
        "# CN={} Root CA\n# SHA1 Fingerprint={finger}\n",
        name(rng)
    );
    out.push_str(&pem_certificate(rng));
    let key = wrapped(&b64(rng, 270), 64, "");
    put!(
        out,
        "-----BEGIN PUBLIC KEY-----\n{key}-----END PUBLIC KEY-----\n"
    );
}

fn certificate_base64(rng: &mut Rng, out: &mut String) {
    let pem = pem_certificate(rng);
    let coded = base64_encode(pem.as_bytes(), Alphabet::Standard, true);
    put!(
        out,
        "- name: {}\n  certificate-authority-data: {coded}\n  caBundle: {coded}\n",
        name(rng)
    );
}

fn translations(rng: &mut Rng, out: &mut String) {
    const TEXTS: &[(&str, &str)] = &[
        ("password.label", "Passwort"),
        ("password.hint", "Geben Sie Ihr Passwort ein"),
        ("token_expired", "Der Token ist abgelaufen"),
        ("api_key", "API-Schlüssel"),
        ("secretQuestion", "Geheime Frage"),
        ("forgot_password", "Passwort vergessen?"),
        ("new-password", "Neues Kennwort"),
        ("password_too_short", "Mindestens 8 Zeichen"),
        ("auth.password", "Mot de passe"),
        ("auth.secret", "Votre clé secrète"),
        ("passwd", "Contraseña"),
        ("access_token", "Token de acceso"),
        ("credentials", "认证信息"),
        ("passwordConfirm", "パスワードの確認"),
        ("private_key", "Закрытый ключ"),
        ("password_changed", "Hasło zostało zmienione"),
    ];
    let (key, text) = TEXTS[rng.below(TEXTS.len())];
    put!(out, "  \"{}.{key}\": \"{text}\",\n", word(rng));
}

fn translations_po(rng: &mut Rng, out: &mut String) {
    let file = name(rng);
    put!(
        out,
        "#: src/{file}.c:{}\nmsgid \"Enter the password for %s: \"\nmsgstr \"Entrez le mot de passe de %s : \"\n\nmsgid \"password\"\nmsgstr \"mot de passe\"\n\n",
        rng.below(900)
    );
}

fn svg(rng: &mut Rng, out: &mut String) {
    put!(out, "<path id=\"{}\" d=\"M", name(rng));
    for _ in 0..60 {
        put!(
            out,
            "{}.{}{}{}.{}",
            rng.below(99),
            rng.below(999),
            ["l", "c", "-", " ", "L"][rng.below(5)],
            rng.below(99),
            rng.below(9999)
        );
    }
    put!(out, "z\" fill=\"#{}\"/>\n", hex(rng, 6));
}

fn changelog(rng: &mut Rng, out: &mut String) {
    let (sha, n) = (hex(rng, 40), name(rng));
    put!(
        out,
        "* **{n}:** fix token refresh and password reset ([#{}](https://github.com/{n}/{n}/issues/{})) ([{}](https://github.com/{n}/{n}/commit/{sha}))\n",
        rng.below(9999),
        rng.below(9999),
        &sha[..7]
    );
}

fn checksums(rng: &mut Rng, out: &mut String) {
    let (n, v) = (name(rng), version(rng));
    put!(out, "{}  {n}-{v}.tar.gz\n", hex(rng, 64));
    put!(out, "{} *{n}-{v}.zip\n", hex(rng, 32));
    put!(out, "SHA512 ({n}-{v}.tar.xz) = {}\n", hex(rng, 128));
}

fn integrity(rng: &mut Rng, out: &mut String) {
    let (n, v, sum) = (name(rng), version(rng), b64(rng, 48));
    let nonce = b64(rng, 16);
    put!(
        out,
        "<script src=\"https://cdn.jsdelivr.net/npm/{n}@{v}/dist/{n}.min.js?v={}\" integrity=\"sha384-{sum}\" crossorigin=\"anonymous\" nonce=\"{nonce}\"></script>\n<input type=\"password\" name=\"password\" placeholder=\"Password\" autocomplete=\"current-password\">\n",
        hex(rng, 20)
    );
}

fn jwks(rng: &mut Rng, out: &mut String) {
    let url = |rng: &mut Rng, n| base64_encode(&rng.bytes(n), Alphabet::Url, false);
    let (kid, n, x, y) = (url(rng, 20), url(rng, 256), url(rng, 32), url(rng, 32));
    let chain = base64_encode(&der(rng), Alphabet::Standard, true);
    put!(
        out,
        "{{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"{kid}\",\"e\":\"AQAB\",\"n\":\"{n}\",\"x5c\":[\"{chain}\"]}},\n{{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"{kid}\",\"x\":\"{x}\",\"y\":\"{y}\"}},\n"
    );
}

fn known_hosts(rng: &mut Rng, out: &mut String) {
    let (a, b) = (b64(rng, 20), b64(rng, 20));
    put!(
        out,
        "|1|{a}|{b} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}\ngithub.com,140.82.{}.{} ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ{}\n",
        &b64(rng, 33)[1..44],
        rng.below(255),
        rng.below(255),
        b64(rng, 258)
    );
}

fn authorized_keys(rng: &mut Rng, out: &mut String) {
    put!(
        out,
        "command=\"/usr/bin/backup\",no-pty ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB{} {}@laptop\nssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{} {}@host\n",
        b64(rng, 66),
        word(rng),
        b64(rng, 387),
        word(rng)
    );
}

fn pgp_public(rng: &mut Rng, out: &mut String) {
    let body = wrapped(&b64(rng, 1200), 64, "");
    let finger: Vec<String> = (0..10).map(|_| hex(rng, 4).to_uppercase()).collect();
    put!(
        out,
        "pub   rsa4096 2020-01-01 [SC]\n      {}\nuid           {} <dev@acme.io>\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{body}={}\n-----END PGP PUBLIC KEY BLOCK-----\n",
        finger.join(" "),
        name(rng),
        &b64(rng, 3)
    );
}

fn packed_refs(rng: &mut Rng, out: &mut String) {
    let (a, b) = (hex(rng, 40), hex(rng, 40));
    put!(
        out,
        "{a} refs/tags/{}-v{}\n^{b}\n{b} refs/heads/fix/{}-token\n",
        name(rng),
        version(rng),
        name(rng)
    );
}

fn notebook(rng: &mut Rng, out: &mut String) {
    let image = b64(rng, 3000);
    put!(
        out,
        "  {{\n   \"cell_type\": \"code\",\n   \"id\": \"{}\",\n   \"outputs\": [\n    {{\n     \"data\": {{\n      \"image/png\": \"iVBORw0KGgoAAAANSUhEUgAA{image}\\n\",\n      \"text/plain\": [\"<Figure size 640x480 with 1 Axes>\"]\n     }}\n    }}\n   ]\n  }},\n",
        hex(rng, 8)
    );
}

fn test_vectors(rng: &mut Rng, out: &mut String) {
    put!(
        out,
        "  {{ \"tcId\": {}, \"comment\": \"{}\", \"msg\": \"{}\", \"iv\": \"{}\", \"ct\": \"{}\", \"tag\": \"{}\", \"digest\": \"{}\", \"result\": \"valid\" }},\n",
        rng.below(900),
        name(rng),
        hex(rng, 64),
        hex(rng, 24),
        hex(rng, 96),
        hex(rng, 32),
        hex(rng, 40)
    );
}

fn style_sheet(rng: &mut Rng, out: &mut String) {
    let hash = hex(rng, 5);
    put!(
        out,
        ".{}_{hash}{{color:#{};background:url(/img/{}.{}.png)}}.password-input--{hash}:focus{{outline:0}}\n",
        word(rng),
        hex(rng, 6),
        name(rng),
        hex(rng, 20)
    );
}

fn data_urls(rng: &mut Rng, out: &mut String) {
    let kinds = [
        ("image/png", "iVBORw0KGgo"),
        ("font/woff2", "d09GMgABAAAAA"),
        ("image/gif", "R0lGODlh"),
        ("image/svg+xml", "PHN2ZyB4bWxucz0i"),
    ];
    let (kind, head) = kinds[rng.below(4)];
    put!(
        out,
        ".{}{{background:url(data:{kind};base64,{head}{})}}\n",
        name(rng),
        b64(rng, 1500)
    );
}

fn xcode(rng: &mut Rng, out: &mut String) {
    let (a, b) = (hex(rng, 24).to_uppercase(), hex(rng, 24).to_uppercase());
    put!(
        out,
        "\t\t{a} /* {0}.swift in Sources */ = {{isa = PBXBuildFile; fileRef = {b} /* {0}.swift */; }};\n",
        name(rng)
    );
}

fn solution(rng: &mut Rng, out: &mut String) {
    let (a, b) = (uuid(rng).to_uppercase(), uuid(rng).to_uppercase());
    put!(
        out,
        "Project(\"{{{a}}}\") = \"{0}\", \"{0}\\{0}.csproj\", \"{{{b}}}\"\nEndProject\n\t\t{{{b}}}.Debug|Any CPU.ActiveCfg = Debug|Any CPU\n",
        name(rng)
    );
}

fn uuids(rng: &mut Rng, out: &mut String) {
    put!(
        out,
        "{},{},{},{}@acme.io,2024-0{}-1{}T10:00:00Z\n",
        uuid(rng),
        name(rng),
        rng.below(99_999_999),
        word(rng),
        1 + rng.below(9),
        rng.below(9)
    );
}

fn log_lines(rng: &mut Rng, out: &mut String) {
    put!(
        out,
        "2024-03-01T12:00:{:02}Z INFO [{}] trace_id={} span_id={} request={} etag=\"{}\" GET /{}/{} 200 token refreshed for user {}\n",
        rng.below(60),
        name(rng),
        hex(rng, 32),
        hex(rng, 16),
        uuid(rng),
        hex(rng, 32),
        word(rng),
        hex(rng, 24),
        rng.below(9999)
    );
}

fn actions(rng: &mut Rng, out: &mut String) {
    let upper = word(rng).to_uppercase();
    put!(
        out,
        "      - uses: {}/{}@{} # v{}\n        with:\n          token: ${{{{ secrets.{upper}_TOKEN }}}}\n          password: ${{{{ secrets.{upper}_PASSWORD }}}}\n        env:\n          AWS_SECRET_ACCESS_KEY: ${{{{ secrets.AWS_SECRET_ACCESS_KEY }}}}\n",
        word(rng),
        name(rng),
        hex(rng, 40),
        version(rng)
    );
}

fn sealed_secrets(rng: &mut Rng, out: &mut String) {
    put!(
        out,
        "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: {}\nspec:\n  encryptedData:\n    password: AgB{}\n    api-key: AgA{}\n",
        name(rng),
        b64(rng, 510),
        b64(rng, 510)
    );
}

fn sops(rng: &mut Rng, out: &mut String) {
    put!(
        out,
        "db_password: ENC[AES256_GCM,data:{},iv:{},tag:{},type:str]\napi_token: ENC[AES256_GCM,data:{},iv:{},tag:{},type:str]\n",
        b64(rng, 15),
        b64(rng, 32),
        b64(rng, 16),
        b64(rng, 21),
        b64(rng, 32),
        b64(rng, 16)
    );
}

fn helm_references(rng: &mut Rng, out: &mut String) {
    let n = name(rng);
    let upper = word(rng).to_uppercase();
    put!(
        out,
        "            - name: {upper}_PASSWORD\n              valueFrom:\n                secretKeyRef:\n                  name: {n}-credentials\n                  key: password\n            - name: {upper}_TOKEN\n              value: {{{{ .Values.{n}.token | quote }}}}\n            - name: {upper}_SECRET\n              value: \"$({upper}_SECRET_REF)\"\n            - name: {upper}_API_KEY\n              value: /run/secrets/{n}\n"
    );
}

fn patch(rng: &mut Rng, out: &mut String) {
    put!(
        out,
        "From {} Mon Sep 17 00:00:00 2001\ndiff --git a/src/{1}.c b/src/{1}.c\nindex {2}..{3} 100644\n--- a/src/{1}.c\n+++ b/src/{1}.c\n@@ -10,7 +10,7 @@ static int check_password(const char *password)\n-\tif (!password)\n+\tif (!password || !*password)\n \t\treturn -EINVAL;\n",
        hex(rng, 40),
        name(rng),
        hex(rng, 12),
        hex(rng, 12)
    );
}
