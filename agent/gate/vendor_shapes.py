"""Shapes of credentials by which their vendors mark them: rule and RE2 pattern, the value being group 1 or all.

Each has a prefix, an address or a length of its own that nothing else in a log has, so that no name need stand
beside it. Written from the vendors' documentation, apart from redaction's own rules.
"""

from __future__ import annotations

SHAPES = (
    ("slack-app-token", rb"\bxapp-\d-[A-Z0-9]{8,16}-\d{8,16}-[a-f0-9]{32,}"),
    ("discord-webhook", rb"\bdiscord(?:app)?\.com/api/webhooks/\d{15,22}/([A-Za-z0-9_-]{50,90})"),
    ("discord-bot-token", rb"\b[MNO][A-Za-z0-9_-]{22,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,45}"),
    ("teams-webhook", rb"\.webhook\.office\.com/webhookb2/[0-9a-f@-]{36,80}/IncomingWebhook/([0-9a-f]{32})"),
    ("telegram-bot-token", rb"\b\d{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("databricks-token", rb"\bdapi[0-9a-f]{32}"),
    ("doppler-token", rb"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}"),
    ("linear-key", rb"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ("notion-token", rb"\bntn_[0-9]{9,13}[A-Za-z0-9]{30,}"),
    ("postman-key", rb"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("pulumi-token", rb"\bpul-[0-9a-f]{40}"),
    ("terraform-token", rb"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{50,}"),
    ("new-relic-key", rb"\bNRAK-[A-Z0-9]{27}"),
    ("dynatrace-token", rb"\bdt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("sentry-token", rb"\bsntry[su]_[A-Za-z0-9+/=_]{60,}"),
    ("planetscale-token", rb"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_-]{32,}"),
    ("supabase-token", rb"\bsbp_[0-9a-f]{40}"),
    ("atlassian-token", rb"\bATATT3[A-Za-z0-9_=-]{60,}"),
    ("figma-token", rb"\bfigd_[A-Za-z0-9_-]{36,}"),
    ("airtable-token", rb"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    ("asana-token", rb"\b\d/\d{15,17}/\d{15,17}:[0-9a-f]{32}"),
    ("artifactory-key", rb"\bAKCp[0-9][A-Za-z0-9]{60,}"),
    ("rubygems-key", rb"\brubygems_[0-9a-f]{48}"),
    ("nuget-key", rb"\boy2[a-z0-9]{43}\b"),
    ("crates-token", rb"\bcio[A-Za-z0-9]{32}\b"),
    ("tailscale-key", rb"\btskey-[a-z]{2,12}-[A-Za-z0-9]{8,}CNTRL-[A-Za-z0-9]{20,}"),
    ("launchdarkly-key", rb"\b(?:sdk|api|mob)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    ("sonar-token", rb"\bsq[pua]_[0-9a-f]{40}"),
    ("buildkite-token", rb"\bbkua_[0-9a-f]{40}"),
    ("groq-key", rb"\bgsk_[A-Za-z0-9]{50,}"),
    ("grafana-token", rb"\bglsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|\bglc_[A-Za-z0-9+/=]{40,}"),
    ("replicate-token", rb"\br8_[A-Za-z0-9]{37}"),
    ("heroku-key", rb"\bHRKU-[A-Za-z0-9_-]{58,}"),
    ("mailgun-key", rb"\bkey-[0-9a-f]{32}\b"),
    ("mailchimp-key", rb"\b[0-9a-f]{32}-us\d{1,2}\b"),
    ("azure-client-secret", rb"\b[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}"),
    ("azure-signature", rb"[?&;]sig=([A-Za-z0-9+/]{43}=|[A-Za-z0-9%]{43,80}%3[Dd])"),
    (
        "password-hash",
        rb"\$(?:6|5|y)\$[A-Za-z0-9./$=,]{30,}|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}",
    ),
)
