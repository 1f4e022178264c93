//! gitleaks' 222 default rules by id, and the equivalent built-in rules.
//!
//! The ids come from the default configuration of gitleaks 8.30.1. An empty list means
//! that no built-in rule is equivalent. The gitleaks rule finds identifiers that are
//! not secret (client ids), files by their name, or names that the generic rule covers.

use crate::rules::select::{self, Meant};

/// Pairs of gitleaks' id and the built-in ids, sorted by the former.
pub(crate) const IDS: &[(&str, &[&str])] = &[
    ("1password-secret-key", &["onepassword-secret-key"]),
    (
        "1password-service-account-token",
        &["onepassword-service-account"],
    ),
    ("adafruit-api-key", &["adafruit-io-key"]),
    ("adobe-client-id", &[]),
    ("adobe-client-secret", &[]),
    ("age-secret-key", &["age-secret-key"]),
    ("airtable-api-key", &["airtable-api-key-legacy"]),
    ("airtable-personnal-access-token", &["airtable-pat"]),
    ("algolia-api-key", &["algolia-api-key"]),
    ("alibaba-access-key-id", &["alibaba-access-key-id"]),
    ("alibaba-secret-key", &["alibaba-access-key-secret"]),
    ("anthropic-admin-api-key", &["anthropic-admin-key"]),
    ("anthropic-api-key", &["anthropic-api-key"]),
    ("artifactory-api-key", &["artifactory-api-key"]),
    (
        "artifactory-reference-token",
        &["artifactory-reference-token"],
    ),
    ("asana-client-id", &[]),
    ("asana-client-secret", &["asana-client-secret"]),
    ("atlassian-api-token", &["atlassian-api-token"]),
    ("authress-service-client-access-key", &["authress-key"]),
    (
        "aws-access-token",
        &[
            "aws-access-key-id",
            "aws-other-access-key-id",
            "aws-temp-access-key-id",
        ],
    ),
    (
        "aws-amazon-bedrock-api-key-long-lived",
        &["aws-bedrock-api-key-long"],
    ),
    (
        "aws-amazon-bedrock-api-key-short-lived",
        &["aws-bedrock-api-key-short"],
    ),
    ("azure-ad-client-secret", &["azure-ad-client-secret"]),
    ("beamer-api-token", &["beamer-api-key"]),
    ("bitbucket-client-id", &[]),
    (
        "bitbucket-client-secret",
        &["bitbucket-oauth-client-secret"],
    ),
    ("bittrex-access-key", &["bittrex-key"]),
    ("bittrex-secret-key", &["bittrex-key"]),
    ("cisco-meraki-api-key", &["meraki-api-key"]),
    (
        "clickhouse-cloud-api-secret-key",
        &["clickhouse-cloud-secret"],
    ),
    ("clojars-api-token", &["clojars-deploy-token"]),
    (
        "cloudflare-api-key",
        &[
            "cloudflare-account-token",
            "cloudflare-api-token-legacy",
            "cloudflare-user-token",
        ],
    ),
    (
        "cloudflare-global-api-key",
        &["cloudflare-global-key", "cloudflare-global-key-legacy"],
    ),
    ("cloudflare-origin-ca-key", &["cloudflare-origin-ca-key"]),
    ("codecov-access-token", &["codecov-token"]),
    ("cohere-api-token", &["cohere-api-key"]),
    ("coinbase-access-token", &["coinbase-api-secret-legacy"]),
    ("confluent-access-token", &["confluent-secret-legacy"]),
    (
        "confluent-secret-key",
        &["confluent-secret", "confluent-secret-legacy"],
    ),
    (
        "contentful-delivery-api-token",
        &["contentful-delivery-token"],
    ),
    (
        "curl-auth-header",
        &["http-basic-header", "http-bearer-header"],
    ),
    ("curl-auth-user", &["curl-user"]),
    ("databricks-api-token", &["databricks-pat"]),
    (
        "datadog-access-token",
        &[
            "datadog-api-key",
            "datadog-app-key",
            "datadog-app-key-legacy",
        ],
    ),
    (
        "defined-networking-api-token",
        &["defined-networking-token"],
    ),
    ("digitalocean-access-token", &["digitalocean-oauth-token"]),
    ("digitalocean-pat", &["digitalocean-pat"]),
    (
        "digitalocean-refresh-token",
        &["digitalocean-refresh-token"],
    ),
    ("discord-api-token", &["discord-bot-token"]),
    ("discord-client-id", &[]),
    ("discord-client-secret", &["discord-client-secret"]),
    ("doppler-api-token", &["doppler-token"]),
    ("droneci-access-token", &["droneci-token"]),
    ("dropbox-api-token", &["dropbox-app-secret"]),
    (
        "dropbox-long-lived-api-token",
        &["dropbox-long-lived-token"],
    ),
    ("dropbox-short-lived-api-token", &["dropbox-access-token"]),
    ("duffel-api-token", &["duffel-api-key"]),
    ("dynatrace-api-token", &["dynatrace-token"]),
    ("easypost-api-token", &["easypost-api-key"]),
    ("easypost-test-api-token", &["easypost-api-key"]),
    ("etsy-access-token", &["etsy-api-key"]),
    ("facebook-access-token", &["facebook-access-token"]),
    ("facebook-page-access-token", &["facebook-access-token"]),
    ("facebook-secret", &["facebook-app-secret"]),
    ("fastly-api-token", &["fastly-token"]),
    ("finicity-api-token", &["finicity-api-key"]),
    ("finicity-client-secret", &[]),
    ("finnhub-access-token", &["finnhub-api-key"]),
    (
        "flickr-access-token",
        &["flickr-api-key", "flickr-api-secret"],
    ),
    (
        "flutterwave-encryption-key",
        &["flutterwave-encryption-key"],
    ),
    ("flutterwave-public-key", &["flutterwave-public-key"]),
    ("flutterwave-secret-key", &["flutterwave-secret-key"]),
    ("flyio-access-token", &["flyio-oauth-token", "flyio-token"]),
    ("frameio-api-token", &["frameio-token"]),
    ("freemius-secret-key", &["freemius-api-key"]),
    ("freshbooks-access-token", &["freshbooks-token"]),
    ("gcp-api-key", &["gcp-api-key"]),
    ("generic-api-key", &["generic-assignment"]),
    (
        "github-app-token",
        &[
            "github-app-installation-token",
            "github-app-installation-token-legacy",
            "github-app-installation-token-stateless",
            "github-app-user-token",
        ],
    ),
    ("github-fine-grained-pat", &["github-pat-fine-grained"]),
    ("github-oauth", &["github-oauth-token"]),
    ("github-pat", &["github-pat-classic"]),
    ("github-refresh-token", &["github-refresh-token"]),
    ("gitlab-cicd-job-token", &["gitlab-ci-job-token"]),
    ("gitlab-deploy-token", &["gitlab-deploy-token"]),
    (
        "gitlab-feature-flag-client-token",
        &["gitlab-feature-flag-token"],
    ),
    ("gitlab-feed-token", &["gitlab-feed-token"]),
    (
        "gitlab-incoming-mail-token",
        &["gitlab-incoming-mail-token"],
    ),
    ("gitlab-kubernetes-agent-token", &["gitlab-agent-token"]),
    ("gitlab-oauth-app-secret", &["gitlab-oauth-app-secret"]),
    ("gitlab-pat", &["gitlab-pat"]),
    ("gitlab-pat-routable", &["gitlab-pat-routable"]),
    ("gitlab-ptt", &["gitlab-trigger-token"]),
    ("gitlab-rrt", &["gitlab-runner-registration-token"]),
    (
        "gitlab-runner-authentication-token",
        &["gitlab-runner-token"],
    ),
    (
        "gitlab-runner-authentication-token-routable",
        &["gitlab-runner-token"],
    ),
    ("gitlab-scim-token", &["gitlab-scim-token"]),
    ("gitlab-session-cookie", &["gitlab-session-cookie"]),
    ("gitter-access-token", &["gitter-token"]),
    (
        "gocardless-api-token",
        &["gocardless-sandbox-token", "gocardless-token"],
    ),
    ("grafana-api-key", &["grafana-api-key"]),
    ("grafana-cloud-api-token", &["grafana-cloud-token"]),
    (
        "grafana-service-account-token",
        &["grafana-service-account"],
    ),
    ("harness-api-key", &["harness-token"]),
    ("hashicorp-tf-api-token", &["terraform-cloud-token"]),
    ("hashicorp-tf-password", &[]),
    ("heroku-api-key", &["heroku-api-key-legacy"]),
    ("heroku-api-key-v2", &["heroku-api-key"]),
    ("hubspot-api-key", &["hubspot-api-key-legacy"]),
    ("huggingface-access-token", &["huggingface-token"]),
    (
        "huggingface-organization-api-token",
        &["huggingface-org-token"],
    ),
    ("infracost-api-token", &["infracost-key"]),
    ("intercom-api-key", &["intercom-token"]),
    ("intra42-client-secret", &["intra42-secret"]),
    ("jfrog-api-key", &["artifactory-api-key"]),
    ("jfrog-identity-token", &["jfrog-identity-token-legacy"]),
    ("jwt", &["jwt"]),
    ("jwt-base64", &[]),
    (
        "kraken-access-token",
        &["kraken-api-key", "kraken-private-key"],
    ),
    ("kubernetes-secret-yaml", &[]),
    ("kucoin-access-token", &[]),
    ("kucoin-secret-key", &["kucoin-secret"]),
    (
        "launchdarkly-access-token",
        &["launchdarkly-sdk-key", "launchdarkly-token"],
    ),
    ("linear-api-key", &["linear-api-key"]),
    ("linear-client-secret", &["linear-client-secret"]),
    ("linkedin-client-id", &[]),
    (
        "linkedin-client-secret",
        &["linkedin-client-secret", "linkedin-client-secret-legacy"],
    ),
    ("lob-api-key", &["lob-api-key"]),
    ("lob-pub-api-key", &["lob-publishable"]),
    ("looker-client-id", &[]),
    ("looker-client-secret", &["looker-client-secret"]),
    ("mailchimp-api-key", &["mailchimp-api-key"]),
    (
        "mailgun-private-api-token",
        &["mailgun-api-key", "mailgun-api-key-new"],
    ),
    ("mailgun-pub-key", &["mailgun-public-key"]),
    ("mailgun-signing-key", &[]),
    ("mapbox-api-token", &["mapbox-public"]),
    ("mattermost-access-token", &["mattermost-token"]),
    ("maxmind-license-key", &["maxmind-license-key"]),
    ("messagebird-api-token", &["messagebird-api-key"]),
    ("messagebird-client-id", &[]),
    ("microsoft-teams-webhook", &["microsoft-teams-webhook"]),
    (
        "netlify-access-token",
        &["netlify-pat", "netlify-token-legacy"],
    ),
    ("new-relic-browser-api-token", &["newrelic-browser-key"]),
    ("new-relic-insert-key", &["newrelic-insert-key"]),
    ("new-relic-user-api-id", &[]),
    ("new-relic-user-api-key", &["newrelic-user-key"]),
    ("notion-api-token", &["notion-token", "notion-token-legacy"]),
    ("npm-access-token", &["npm-access-token"]),
    (
        "nuget-config-password",
        &["nuget-config-clear-text-password"],
    ),
    ("nytimes-access-token", &["nytimes-api-key"]),
    ("octopus-deploy-api-key", &["octopus-api-key"]),
    ("okta-access-token", &["okta-api-token", "okta-ssws-header"]),
    (
        "openai-api-key",
        &[
            "openai-admin-key",
            "openai-project-key",
            "openai-service-key",
            "openai-user-key-legacy",
        ],
    ),
    ("openshift-user-token", &["openshift-token"]),
    ("perplexity-api-key", &["perplexity-api-key"]),
    ("pkcs12-file", &[]),
    (
        "plaid-api-token",
        &["plaid-access-token", "plaid-access-token-sandbox"],
    ),
    ("plaid-client-id", &[]),
    ("plaid-secret-key", &["plaid-secret"]),
    ("planetscale-api-token", &["planetscale-token"]),
    ("planetscale-oauth-token", &["planetscale-oauth-token"]),
    ("planetscale-password", &["planetscale-password"]),
    ("postman-api-token", &["postman-api-key"]),
    ("prefect-api-token", &["prefect-api-key"]),
    (
        "private-key",
        &[
            "private-key-dsa",
            "private-key-ec",
            "private-key-openssh",
            "private-key-pgp",
            "private-key-pkcs8",
            "private-key-pkcs8-encrypted",
            "private-key-rsa",
        ],
    ),
    ("privateai-api-token", &["privateai-api-key"]),
    ("pulumi-api-token", &["pulumi-token"]),
    ("pypi-upload-token", &["pypi-token"]),
    ("rapidapi-access-token", &["rapidapi-api-key"]),
    ("readme-api-token", &["readme-api-key"]),
    ("rubygems-api-token", &["rubygems-api-key"]),
    ("scalingo-api-token", &["scalingo-api-key"]),
    ("sendbird-access-id", &[]),
    ("sendbird-access-token", &["sendbird-api-token"]),
    ("sendgrid-api-token", &["sendgrid-api-key"]),
    ("sendinblue-api-token", &["brevo-api-key"]),
    ("sentry-access-token", &["sentry-token-legacy"]),
    ("sentry-org-token", &["sentry-org-token"]),
    ("sentry-user-token", &["sentry-user-token"]),
    (
        "settlemint-application-access-token",
        &["settlemint-api-key"],
    ),
    ("settlemint-personal-access-token", &["settlemint-api-key"]),
    ("settlemint-service-access-token", &["settlemint-api-key"]),
    ("shippo-api-token", &["shippo-api-key"]),
    ("shopify-access-token", &["shopify-access-token"]),
    ("shopify-custom-access-token", &["shopify-custom-app-token"]),
    (
        "shopify-private-app-access-token",
        &["shopify-private-app-token"],
    ),
    ("shopify-shared-secret", &["shopify-shared-secret"]),
    ("sidekiq-secret", &["sidekiq-credentials"]),
    ("sidekiq-sensitive-url", &["sidekiq-credentials"]),
    ("slack-app-token", &["slack-app-level-token"]),
    ("slack-bot-token", &["slack-bot-token"]),
    (
        "slack-config-access-token",
        &["slack-rotating-access-token"],
    ),
    ("slack-config-refresh-token", &["slack-refresh-token"]),
    ("slack-legacy-bot-token", &["slack-legacy-bot-token"]),
    ("slack-legacy-token", &["slack-legacy-token"]),
    (
        "slack-legacy-workspace-token",
        &["slack-legacy-workspace-token"],
    ),
    ("slack-user-token", &["slack-user-token"]),
    ("slack-webhook-url", &["slack-webhook-url"]),
    ("snyk-api-token", &["snyk-token"]),
    (
        "sonar-api-token",
        &[
            "sonarcloud-token-new",
            "sonarqube-token",
            "sonarqube-token-legacy",
        ],
    ),
    ("sourcegraph-access-token", &["sourcegraph-token"]),
    ("square-access-token", &["square-access-token"]),
    ("squarespace-access-token", &["squarespace-api-key"]),
    (
        "stripe-access-token",
        &[
            "stripe-restricted-key",
            "stripe-restricted-key-test",
            "stripe-secret-key",
            "stripe-secret-key-test",
        ],
    ),
    ("sumologic-access-id", &["sumologic-access-key"]),
    ("sumologic-access-token", &["sumologic-access-key"]),
    ("telegram-bot-api-token", &["telegram-bot-token"]),
    ("travisci-access-token", &["travisci-token"]),
    ("twilio-api-key", &["twilio-api-key"]),
    ("twitch-api-token", &["twitch-token"]),
    ("twitter-access-secret", &["twitter-access-secret"]),
    ("twitter-access-token", &["twitter-access-token"]),
    ("twitter-api-key", &["twitter-consumer-key"]),
    ("twitter-api-secret", &["twitter-consumer-secret"]),
    ("twitter-bearer-token", &["twitter-bearer-token"]),
    ("typeform-api-token", &["typeform-pat"]),
    (
        "vault-batch-token",
        &[
            "hashicorp-vault-batch-token",
            "hashicorp-vault-batch-token-legacy",
        ],
    ),
    (
        "vault-service-token",
        &[
            "hashicorp-vault-service-token",
            "hashicorp-vault-token-legacy",
        ],
    ),
    ("yandex-access-token", &["yandex-iam-token"]),
    ("yandex-api-key", &["yandex-api-key"]),
    ("yandex-aws-access-token", &["yandex-static-secret"]),
    ("zendesk-secret-key", &["zendesk-api-token"]),
];

/// Returns the built-in rules equivalent to gitleaks' rule `id`; `None` if `id` is not
/// one of its default rules.
pub fn ours(id: &str) -> Option<&'static [&'static str]> {
    let at = IDS.binary_search_by(|(known, _)| (*known).cmp(id)).ok()?;
    IDS.get(at).map(|(_, ours)| *ours)
}

/// Whether gitleaks reports a finding of the built-in rule `ours` as `theirs`.
pub(crate) fn same(theirs: &str, ours: &str) -> bool {
    theirs == ours || self::ours(theirs).is_some_and(|all| all.contains(&ours))
}

/// Suggests rules for `id`, which is not in `known`: those equivalent to gitleaks' rule of that
/// name, and those that it begins; otherwise the nearest.
pub(crate) fn meant<'a>(id: &str, known: impl Iterator<Item = &'a str> + Clone) -> Meant {
    let theirs = ours(&id.to_lowercase()).unwrap_or_default();
    let is_known = |ours: &&&str| known.clone().any(|id| id == **ours);
    let mut all: Vec<String> = theirs
        .iter()
        .filter(is_known)
        .map(|id| (*id).to_owned())
        .collect();
    if all.is_empty() {
        return select::meant(id, known);
    }
    let begun = select::begun(id, known);
    all.extend(
        begun
            .into_iter()
            .filter(|id| !theirs.contains(&id.as_str())),
    );
    Meant(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_gitleaks_are_known_before_similar_ones() {
        let known = ["github-oauth-token", "github-oauth-client-id", "gitlab-pat"].into_iter();
        let meant = |id| super::meant(id, known.clone()).0;
        // The first is the one of gitleaks.
        let both = ["github-oauth-token", "github-oauth-client-id"];
        assert_eq!(meant("github-oauth"), both);
        assert_eq!(meant("gitlab-pta"), ["gitlab-pat"]);
        // Its rule is not among those that are known.
        assert!(meant("adafruit-api-key").is_empty());
    }

    #[test]
    fn ids_are_sorted_unique_and_all_there() {
        assert_eq!(IDS.len(), 222);
        assert!(IDS.windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn every_rule_named_here_is_built_in() {
        let rules = crate::rules::builtin::ruleset();
        for (theirs, ours) in IDS {
            for id in *ours {
                assert!(rules.find(id).is_some(), "{theirs}: no rule `{id}`");
            }
        }
    }

    #[test]
    fn names_lead_both_ways() {
        assert!(same("github-pat", "github-pat-classic"));
        assert!(same("own", "own"));
        assert!(!same("github-pat", "gitlab-pat"));
        assert_eq!(ours("own"), None);
    }
}
