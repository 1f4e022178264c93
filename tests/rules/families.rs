//! Texts of large projects that were once reported and are no credentials, or weak ones. Each is
//! put together at run time.

use stopleak::blob::BlobPath;
use stopleak::rules::Confidence;

use super::live;

/// Returns the findings of a text at the default confidence, by rule.
fn reported(text: &str) -> Vec<String> {
    live(text.as_bytes(), &BlobPath::from("src/app.js"))
        .into_iter()
        .filter(|f| f.confidence >= Confidence::Medium)
        .map(|f| f.rule)
        .collect()
}

#[test]
fn calls_of_a_token_service_are_no_key_ids() {
    for call in [
        "getCallerIdentity",
        "GetCallerIdentity",
        "assumeRoleWithWebIdentity",
        "DecodeAuthorizationMessage",
    ] {
        let text = format!(
            "'{}': () => ({{ Arn: caller }}),\n",
            ["STS", ".", call].concat()
        );
        assert_eq!(reported(&text), Vec::<String>::new(), "{text}");
    }
    let id = ["STS", ".", "NTqXw4kPz8sVbYd2mRfJcHgLu"].concat();
    assert_eq!(
        reported(&format!("key = \"{id}\"\n")),
        ["alibaba-sts-key-id"]
    );
}

#[test]
fn samples_of_the_docker_api_are_no_keys_of_a_swarm() {
    let public = "3pu6hszjas19xyp7ghgosyx9k8atbfcr8p2is99znpy26u2lkl";
    for (secret, tail) in [
        ("1awxwuwd3z9j1z3puu7rcgdbx", true),
        ("1awxwuwd3z9j1z3puu7rcgdby", false),
    ] {
        let token = ["SWMTKN", "-1-", public, "-", secret].concat();
        let found = reported(&format!("Worker: \"{token}\"\n"));
        assert_eq!(found.is_empty(), tail, "{found:?}");
    }
    let key = [
        "SWMKEY",
        "-1-",
        "7c37Cc8654o6p38HnroywCi19pllOnGtbdZEgtKxZu8",
    ]
    .concat();
    assert_eq!(
        reported(&format!("UnlockKey: \"{key}\"\n")),
        Vec::<String>::new()
    );
}

#[test]
fn a_header_with_a_stock_password_is_doubted() {
    use stopleak::check::encoding::{Alphabet, base64_encode};
    let header = |pair: &str| {
        let coded = base64_encode(pair.as_bytes(), Alphabet::Standard, true);
        reported(&format!("Authorization: {} {coded}\n", "Basic"))
    };
    for stock in [
        "user:passwd",
        "id:secret",
        "admin:admin123",
        "user:password",
    ] {
        assert_eq!(header(stock), Vec::<String>::new(), "{stock}");
    }
    assert_eq!(
        header(&["deployer:Kd83", "hfsLq1"].concat()),
        ["http-basic-header"]
    );
}

#[test]
fn what_a_kubernetes_secret_holds_beside_secrets_is_doubted() {
    use stopleak::check::encoding::{Alphabet, base64_encode};
    let secret = |key: &str, value: &str| {
        let coded = base64_encode(value.as_bytes(), Alphabet::Standard, true);
        reported(&format!("kind: Secret\ndata:\n  {key}: {coded}\n"))
    };
    for (key, value) in [
        ("tls.key", "TESTKEY1"),
        ("password", "P@ssw0rd"),
        ("access_key_secret", "minio123"),
        ("auth", "user:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="),
        ("auth", "user:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"),
    ] {
        assert_eq!(secret(key, value), Vec::<String>::new(), "{key}: {value}");
    }
    assert_eq!(
        secret("password", &["Kd83", "hfsLq1"].concat()),
        ["kubernetes-secret-manifest"]
    );
}
