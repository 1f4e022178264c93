//! The generic rule on handwritten lines: each syntax that contains credentials, and each family of
//! lines that only look like it. Values are inserted at run time, so this file contains no
//! credential.

use std::sync::LazyLock;

use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::detect::{Content, Detector, Scratch, generic_reasons};
use stopleak::finding::Candidate;
use stopleak::rules::{Confidence, Severity};

static DETECTOR: LazyLock<Detector> = LazyLock::new(Detector::builtin);

/// Inserts values: `P` from a generator, `G` a longer one, `K` a long key, `H` chosen by a person,
/// `W` a word.
fn filled(line: &str) -> String {
    line.replace("{P}", &["tR7", "kq9Lm2w"].concat())
        .replace("{G}", &["8qP7MAn8", "q7RV2fP6"].concat())
        .replace("{K}", &["k3JmQ8sZ2xVt", "R7pLw9YcB4nHf6Dg"].concat())
        .replace("{H}", &["Summer", "2024!"].concat())
        .replace("{T}", "pass")
        .replace("{U}", "MODCFG")
        .replace("{B}", &["correct horse", " battery staple"].concat())
        .replace("{N}", &["Gr\u{fc}n7", "Baum!x"].concat())
        .replace("{L}", &["Contrase", "\u{f1}a"].concat())
        .replace("{O}", &["JNTBE7XK", "VKBW2FFN"].concat())
        .replace("{W}", &["rose", "garden7"].concat())
}

fn candidates(path: &str, line: &str) -> Vec<Candidate> {
    let text = format!("\n{}\n", filled(line));
    let path = BlobPath::from(path);
    let blob = Blob {
        path: &path,
        bytes: text.as_bytes(),
        fresh: Fresh::All,
    };
    DETECTOR.detect(&blob, Content::Text, &mut Scratch::default())
}

/// Returns the best confidence of the findings that are not dismissed.
fn found(path: &str, line: &str) -> Option<Confidence> {
    candidates(path, line)
        .iter()
        .filter(|c| c.dismissed.is_none())
        .map(|c| c.confidence)
        .max()
}

fn reported(path: &str, line: &str) -> bool {
    found(path, line).is_some_and(|c| c >= Confidence::Medium)
}

fn all_reported(lines: &[(&str, &str)]) {
    let missed: Vec<_> = lines
        .iter()
        .filter(|(path, line)| !reported(path, line))
        .collect();
    assert!(missed.is_empty(), "missed: {missed:#?}");
}

fn none_reported(lines: &[(&str, &str)]) {
    let wrong: Vec<_> = lines
        .iter()
        .filter(|(path, line)| reported(path, line))
        .collect();
    assert!(wrong.is_empty(), "reported: {wrong:#?}");
}

#[test]
fn assignments_of_many_languages_are_read() {
    all_reported(&[
        ("a.py", "db_password = \"{H}\""),
        ("a.go", "password := \"{P}\""),
        ("a.rs", "let password: &str = \"{P}\";"),
        ("a.kt", "val password: String = \"{P}\""),
        ("a.scala", "password = Some(\"{P}\"),"),
        ("a.cs", "var token = new Token(\"{K}\");"),
        ("a.go", "secret := []byte(\"{K}\")"),
        ("a.rb", "'password' => '{P}',"),
        ("a.php", "define('DB_PASSWORD', '{P}');"),
        ("a.js", "config[\"password\"] = \"{P}\";"),
        ("a.rb", "ENV[\"API_TOKEN\"] ||= \"{K}\""),
        ("a.r", "password <- '{P}'"),
        ("a.java", "dataSource.setPassword(\"{P}\");"),
        (
            "a.cs",
            "(login.FindName(passwordBox) as TextBox).Password = \"{P}\";",
        ),
    ]);
}

#[test]
fn settings_are_read() {
    all_reported(&[
        ("a.yml", "password: {P}"),
        ("a.yml", "  - MYSQL_PASSWORD={W}"),
        (".env", "DB_PASS={P}"),
        (".env", "export API_KEY={K}"),
        ("a.ini", "smtp_password = {P}"),
        ("a.properties", "spring.datasource.password={P}"),
        ("a.toml", "client_secret = \"{K}\""),
        ("a.json", "\"clientSecret\": \"{K}\","),
        ("a.xml", "<password>{P}</password>"),
        ("a.xml", "<add key=\"ApiToken\" value=\"{K}\"/>"),
        ("a.html", "<input name=\"password\" value=\"{P}\">"),
        ("a.cf", "bind_pw          = {P}"),
    ]);
}

#[test]
fn what_other_scanners_miss_is_read() {
    all_reported(&[
        ("a.go", "x := \"{\\\"token\\\": \\\"{K}\\\"}\""),
        ("a.py", "password = os.environ.get(\"PASSWORD\") or \"{P}\""),
        ("a.py", "password = os.getenv(\"PASSWORD\", \"{P}\")"),
        ("a.js", "const secret = process.env.SECRET || '{K}';"),
        ("a.rb", "fill_in :password, with: '{P}'"),
        ("a.md", "`docker run -e MYSQL_ROOT_PASSWORD={P} mysql`"),
        ("a.sh", "mysqldump --password {P} db"),
        ("a.sql", "CREATE USER app IDENTIFIED BY '{P}';"),
        ("a.sql", "CREATE USER app WITH PASSWORD '{P}';"),
        ("a.md", "Password: {P}"),
        ("a.py", "# password: {P}"),
        ("a.md", "curl https://example.net/x?access_token={K}"),
        (
            "a.go",
            "conn := \"host=db user=app password={P} sslmode=disable\"",
        ),
        ("a.conf", "users = [ {user: app, password: {P}} ]"),
        ("a.html", "{&#34;password&#34;: &#34;{P}&#34;}"),
        ("a.py", "headers = {'Authorization': 'Token {K}'}"),
        // Bare words of a shell are values, whatever argument follows.
        (
            "a.sh",
            "docker login --username d --password {G} registry.acme.io",
        ),
        ("a.sh", "curl -H \"X-Api-Key: {G}\" https://api.acme.io/v1"),
        ("a.json", "\"dbSecret\": {\"Default\": \"{K}\"}"),
    ]);
}

#[test]
fn passwords_of_several_words_and_beyond_ascii_are_read() {
    all_reported(&[
        ("a.py", "password = \"{B}\""),
        ("a.yml", "passphrase: \"{B}\""),
        ("a.php", "'db_password' => '{B}',"),
        ("a.py", "password = \"{N}\""),
        ("a.json", "\"adminPassword\": \"{N}\","),
    ]);
    none_reported(&[
        ("a.js", "password: \"Please enter your password\","),
        ("a.js", "password: \"must be at least 8 characters!\","),
        ("a.js", "password: \"User Password\","),
        ("a.js", "errorPassword: \"{B}\","),
        ("a.js", "password_hint: \"{B}\","),
        ("a.js", "passwordLabel: \"{L}\","),
        ("a.js", "password: \"{L}\","),
        (
            "a.js",
            "password: \"\u{5bc6}\u{7801}\u{81f3}\u{5c11}8\u{4f4d}\",",
        ),
        ("a.js", "password: t(\"{B}\"),"),
        ("a.md", "the password \"{B}\""),
        ("a.py", "if password != \"{B}\":"),
    ]);
}

#[test]
fn values_on_the_next_line_are_read() {
    all_reported(&[
        ("a.yml", "password: |\n  {P}"),
        ("a.yml", "apiToken: >-\n    {K}\nuser: bob"),
        ("a.yml", "password: |  \r\n\t{P}\r"),
    ]);
    none_reported(&[
        ("a.yml", "password: |\n  This is how to set it"),
        ("a.yml", "password: |\n{P}"),
        ("a.yml", "password: |\n  $(cat /run/pw)"),
        ("a.yml", "password: | {P}"),
        ("a.go", "if token |\n  {K} {"),
    ]);
}

#[test]
fn prose_that_says_what_it_is_is_read() {
    all_reported(&[
        ("a.md", "The admin password is: {P}"),
        ("a.txt", "password is: \"{H}\""),
    ]);
    none_reported(&[
        ("a.md", "The password is required"),
        ("a.md", "The password is: optional"),
        ("a.go", "return errors.New(\"password is: %s\")"),
    ]);
}

#[test]
fn presets_of_variables_are_read() {
    all_reported(&[
        (
            "a.properties",
            "spring.datasource.password=${DB_PASSWORD:{P}}",
        ),
        ("a.yml", "password: ${DB_PASSWORD:-{P}}"),
        ("a.java", "@Value(\"${jwt.secret:{K}}\")"),
        ("a.sh", "export API_TOKEN=\"${API_TOKEN:={K}}\""),
    ]);
    none_reported(&[
        ("a.yml", "password: ${DB_PASSWORD:-}"),
        ("a.yml", "password: ${DB_PASSWORD:?must be set}"),
        ("a.yml", "password: ${DB_PASSWORD:-${OTHER}}"),
        ("a.yml", "password: ${DB_PASSWORD:+{P}}"),
        ("a.sh", "echo ${PASSWORD:10:20}"),
        ("a.sh", "[ \"${should_pass}\" = {P} ]"),
        ("a.js", "`${password}: {P}`"),
    ]);
}

#[test]
fn families_that_were_wrong_in_trees_are_no_values() {
    none_reported(&[
        ("nginx.conf", "fastcgi_pass php:9000;"),
        ("nginx.conf", "uwsgi_pass   app.internal:8080;"),
        ("a.php", "'password' => \"barryIsTheBest{$i}\","),
        (
            "a.html",
            "https://cdn.acme.io/a.png?e=1576142006&token={K}:{G}=",
        ),
        (
            "a.html",
            "https://cdn.acme.io/a.png?e=1576142006&amp;token={K}:{G}=",
        ),
        ("sysfs-x", "        identified by Manufacturer ID."),
        ("a.c", "ibm_errinjct_token = rtas_token(\"ibm,errinjct\");"),
        ("a.c", "pr_debug(\"RIO_PW: Device Insertion on %s\\n\", x);"),
    ]);
    all_reported(&[
        ("a.html", "https://api.acme.io/a?page=7&token={K}"),
        ("a.sql", "identified by {P};"),
        (
            "a.sql",
            "create user app identified by {P} DEFAULT TABLESPACE users",
        ),
        ("a.c", "app_token = rtas_token(\"{G}\");"),
        ("a.txt", "password: {P} Insertion"),
    ]);
}

#[test]
fn seeds_of_one_time_passwords_are_read() {
    all_reported(&[
        ("a.rb", "otp = ROTP::TOTP.new('{O}')"),
        ("a.js", "const totpToken = otplib.generate('{O}')"),
        ("a.md", "otpauth://totp/Acme:bob?secret={O}&issuer=Acme"),
        (".env", "MFA_SECRET={O}"),
    ]);
    none_reported(&[
        ("a.rb", "TOTP_INVALIDCREDENTIALS = 1"),
        ("a.rb", "ROTP::TOTP.new('AAAAAAAAAAAAAAAA')"),
    ]);
}

#[test]
fn private_members_of_json_web_keys_are_read() {
    all_reported(&[
        (
            "a.json",
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"{K}{G}\",\"use\":\"sig\"}",
        ),
        ("a.json", "{\n \"kty\": \"oct\",\n \"k\": \"{K}\"\n}"),
    ]);
    none_reported(&[(
        "a.json",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{K}{G}\",\"use\":\"sig\"}",
    )]);
}

#[test]
fn urls_of_more_schemes_are_read() {
    all_reported(&[
        (".env", "DATABASE_URL=pgsql://app:{P}@db/x"),
        (".env", "BUS=nats://app:{P}@bus:4222"),
        (".env", "PROXY=socks5h://bob:{P}@proxy:1080"),
    ]);
    none_reported(&[(".env", "DATABASE_URL=pgsql://app:${DB_PASS}@db/x")]);
}

#[test]
fn references_and_code_are_no_values() {
    none_reported(&[
        ("a.py", "password = os.environ[\"DB_PASSWORD\"]"),
        ("a.py", "password = getpass.getpass(\"Password: \")"),
        ("a.yml", "password: ${DB_PASSWORD}"),
        ("a.yml", "password: {{ vault_password }}"),
        ("a.js", "const token = req.headers['x-token'];"),
        ("a.js", "const password = userPassword1;"),
        ("a.py", "password = user.password"),
        ("a.py", "password = password.encode(\"latin1\")"),
        ("a.swift", "self[.authorization] = \"Basic \\(encoded1)\""),
        (
            "a.php",
            "$options[CURLOPT_USERPWD] = \"$value[0]:$value[1]\";",
        ),
        ("a.rb", "password: \"#{password1}\""),
        ("a.cs", "JToken t = o.SelectToken(\"Missing[1]\");"),
        ("a.c", "ops->tuner_pass = dib3000mb_tuner_pass;"),
        ("a.c", ".token = AVS_TKN_{U}_UPDOWN_4_S32,"),
        ("a.c", "SEL_RESP_PASS = 0x0000001d,"),
        ("a.ts", "interface Login { password: string }"),
        ("a.tf", "password = var.db_password"),
        ("a.json", "\"accessToken\": {\"kq9Lm2wTr\": 5}"),
        (
            "a.java",
            "new UsernamePasswordCredentials(\"{P}\", password)",
        ),
    ]);
}

#[test]
fn texts_and_names_are_no_values() {
    none_reported(&[
        ("a.html", "<label for=\"password\">Password</label>"),
        ("a.js", "passwordError: 'Password is too short'"),
        ("locales/de.json", "\"password\": \"Passwort1\","),
        ("a.yml", "secretName: my-database-1"),
        ("a.py", "token_url = \"https://example.org/token1\""),
        ("a.go", "const TOKEN = \"TOKEN_TYPE_1\""),
        ("a.sh", "echo \"PASS: icmp+nfqueue via vrf\""),
        ("a.c", "ret ? \"{T}\" : \"failed1\","),
        ("a.c", "\"STA Default Port PWDB = 0x%lx\\n\","),
        (
            "a.c",
            "#define BIOS_PASSWORD_GUID \"{8}-914C-4B69-B94E-D0DED5963BD7\"",
        ),
        ("a.py", "(\"username\", \"password\", \"message1\"),"),
        ("a.kt", "* Returns the protocol identified by `protocol1`."),
        (
            "a.xaml",
            "<SolidColorBrush x:Key=\"ConcreteJungleBrush1\" />",
        ),
        ("a.yml", "cache_key: node-modules-v12345"),
        ("a.md", "The password field shows the strength of it."),
        ("a.rs", "test_result_pass(\"exec1 done\")"),
        (
            "a.json",
            "\"password_hash\": \"$2a$10$N9qo8uLOickgx2ZMRZoMye\"",
        ),
        ("a.log", "INFO [github-secret] trace_id={K} id=1"),
    ]);
}

#[test]
fn placeholders_are_no_values() {
    none_reported(&[
        ("a.py", "password = \"changeme\""),
        ("a.py", "password = \"password\""),
        ("a.py", "password = \"xxxxxxxx\""),
        ("a.yml", "api_key: <your-api-key>"),
        (".env", "API_KEY=your_api_key_here"),
        ("a.yml", "password: null"),
    ]);
}

#[test]
fn stock_words_are_doubted_and_not_silent() {
    for word in ["password", "admin", "changeme", "postgres123", "secret123"] {
        let line = format!("db_password: \"{word}\"");
        assert_eq!(found("a.yml", &line), Some(Confidence::Low), "{word}");
    }
}

#[test]
fn a_bare_word_is_a_value_where_files_hold_values() {
    let line = &["password", ": qxvbnmzk"].concat();
    assert!(reported("config/app.yml", line));
    assert!(!reported("src/app.js", line));
}

#[test]
fn tests_and_examples_lower_the_severity_and_hide_nothing() {
    let line = "password = \"{P}\"";
    let severity = |path: &str| {
        let all = candidates(path, line);
        let one = all.iter().find(|c| c.dismissed.is_none()).unwrap();
        assert!(one.confidence >= Confidence::Medium, "{path}");
        one.severity
    };
    assert_eq!(severity("src/a.py"), Severity::High);
    assert_eq!(severity("tests/test_a.py"), Severity::Medium);
    assert_eq!(severity("examples/a.py"), Severity::Medium);
}

#[test]
fn reasons_add_up_to_the_score() {
    let path = BlobPath::from("src/a.py");
    let all = candidates("src/a.py", "db_password = \"{P}\"");
    let one = all.iter().find(|c| c.traits.is_some()).unwrap();
    let reasons = generic_reasons(one, &path);
    let (last, score) = reasons.last().unwrap();
    assert_eq!(last, "score");
    assert!(reasons.iter().any(|(name, _)| name == "noun/password"));
    let sum: f32 = reasons[..reasons.len() - 1].iter().map(|r| r.1).sum();
    assert!((sum - score).abs() < 1e-3, "{sum} {score}");
}
