"""Django's settings of the desk, by environment variable only: ``desk.commands`` sets them before importing this.

    SENDLOGS_DESK_STATE               the folder of everything the desk keeps; without it nothing is kept (type checks)
    SENDLOGS_DESK_URL                 the public address, as champions and devices write it
    SENDLOGS_DESK_DATABASE            postgresql://user@host/database, without password; default SQLite, in the folder
    SENDLOGS_DESK_BUNDLE_LIMIT_BYTES  the largest bundle taken, default 2 GiB
    SENDLOGS_DESK_S3_URL              an S3-compatible store for large bundles, as https://s3.example; without it, none
    SENDLOGS_DESK_S3_BUCKET           its bucket, which is there already
    SENDLOGS_DESK_S3_REGION           its region, default us-east-1
    SENDLOGS_DESK_S3_KEYS_FILE        the desk's keys for it, in the form of AWS's credentials file, owner-only
    SENDLOGS_DESK_S3_OVER_BYTES       bundles larger than this go there, default 64 MiB
    SENDLOGS_DESK_S3_URL_SECONDS      how long the address of a part works, default 900
    SENDLOGS_DESK_SECOND_FACTOR       "required": nobody works without one; else everybody may set one up

Secure unless said otherwise: no debug pages, every page wants a log-in (middleware, not decorators), no page
loads anything from elsewhere, cookies are ``Secure`` as soon as the public address is https.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from desk.database import database
from desk.secret_key import kept_secret_key
from desk.support_rules import ANSWERED_BY_REQUESTER, ENDED, STATUS_FLOW, Severity, Status

_state = os.environ.get("SENDLOGS_DESK_STATE")
DESK_STATE_FOLDER = Path(_state).resolve() if _state else None
DESK_URL = os.environ.get("SENDLOGS_DESK_URL", "http://127.0.0.1:8750").rstrip("/")
DESK_BUNDLE_LIMIT_BYTES = int(os.environ.get("SENDLOGS_DESK_BUNDLE_LIMIT_BYTES", str(2 << 30)))
# Tickets are JSON of some kilobytes and champions' forms carry no files: a megabyte is ample.
DESK_OTHER_BODY_LIMIT_BYTES = 1 << 20
# An upload that says nothing for this long is given up; slow lines send at least something in a minute.
DESK_UPLOAD_SILENCE_SECONDS = 60.0
# A resumable upload outlives a holiday; a device has few bundles under way, and fills no disk with beginnings.
DESK_UPLOAD_LIFETIME_SECONDS = 14 * 86400
DESK_UPLOADS_PER_DEVICE = 8
# Bundles without a ticket are rare; a champion has a month to look, and no device fills the disk with them.
DESK_QUARANTINE_LIFETIME_SECONDS = 30 * 86400
DESK_QUARANTINE_PER_DEVICE = 5
DESK_QUARANTINE_BYTES_PER_DEVICE = DESK_BUNDLE_LIMIT_BYTES
DESK_QUARANTINE_BYTES = 5 * DESK_BUNDLE_LIMIT_BYTES
DESK_S3_URL = os.environ.get("SENDLOGS_DESK_S3_URL", "").rstrip("/")
DESK_S3_BUCKET = os.environ.get("SENDLOGS_DESK_S3_BUCKET", "")
DESK_S3_REGION = os.environ.get("SENDLOGS_DESK_S3_REGION", "us-east-1")
DESK_S3_KEYS_FILE = os.environ.get("SENDLOGS_DESK_S3_KEYS_FILE", "")
DESK_S3_OVER_BYTES = int(os.environ.get("SENDLOGS_DESK_S3_OVER_BYTES", str(64 << 20)))
# A part is lost to a cut as a whole; this is the smallest that S3 takes.
DESK_PART_BYTES = 5 << 20
# How long the address of a part works: sixteen of them are told at once, which takes a line of 100 kB/s.
DESK_PART_URL_SECONDS = int(os.environ.get("SENDLOGS_DESK_S3_URL_SECONDS", "900"))
# Copies of bundles from the store that were read lately, in all.
DESK_FETCHED_LIMIT_BYTES = 8 << 30

_second_factor = os.environ.get("SENDLOGS_DESK_SECOND_FACTOR", "")
if _second_factor not in {"", "required"}:
    raise ImproperlyConfigured('SENDLOGS_DESK_SECOND_FACTOR is "required" or not set.')
DESK_SECOND_FACTOR_REQUIRED = _second_factor == "required"

_public = urlsplit(DESK_URL)
_https = _public.scheme == "https"

DEBUG = False
SECRET_KEY = kept_secret_key(DESK_STATE_FOLDER) if DESK_STATE_FOLDER else get_random_secret_key()
ALLOWED_HOSTS = sorted({_public.hostname or "localhost", "127.0.0.1", "localhost", "[::1]"})
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # a working day: a champion logs in every morning
SECURE_HSTS_SECONDS = 365 * 86400 if _https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False  # TLS ends at the proxy in front, which redirects
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "desk",  # first, so that its templates come before those of the same name
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "desk.content_security.ContentSecurityPolicy",
    "desk.nul_refused.NulRefused",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "desk.second_factor.SecondFactor",
    "desk.roles.HelpdeskAtWork",
    "desk.deeds.Acting",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "desk.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # straight out of the installed packages: no copy that could be stale after an update

DATABASES = {"default": database(os.environ.get("SENDLOGS_DESK_DATABASE", ""), DESK_STATE_FOLDER)}
# In the database, so that every worker counts the same failures.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "desk_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "helpdesk:dashboard"
AUTHENTICATION_BACKENDS = ["desk.log_in.ThrottledBackend"]
OTP_TOTP_ISSUER = "sendlogs desk"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True  # an administrator sees that there is a second factor, not its secret
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # no mail leaves until mail is configured
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A caller's mistake is told to the caller; in the log it would be a way to fill the disk.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "CRITICAL"}},
}

REST_FRAMEWORK = {
    # For django-helpdesk's ticket list, which asks for its rows this way; our own views name theirs (desk.api).
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "sendlogs desk",
    "DESCRIPTION": "What a device may do: enrol, open its tickets, look them up, attach bundles to them. "
    "And what a relay may do: ask what is to be passed on to another tracker, and tell what became of it.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_URLCONF": "desk.api_urls",
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

HELPDESK_TICKET_OPEN_STATUS = int(Status.NEW)
HELPDESK_TICKET_REOPENED_STATUS = int(Status.OPEN)
HELPDESK_TICKET_RESOLVED_STATUS = int(Status.SOLVED)
HELPDESK_TICKET_CLOSED_STATUS = int(Status.CLOSED)
HELPDESK_TICKET_DUPLICATE_STATUS = int(Status.DUPLICATE)
HELPDESK_TICKET_STATUS_CHOICES = tuple((int(status), status.name.capitalize()) for status in Status)
HELPDESK_TICKET_OPEN_STATUSES = tuple(int(status) for status in Status if status not in (*ENDED, Status.SOLVED))
HELPDESK_TICKET_STATUS_CHOICES_FLOW = {int(status): tuple(map(int, after)) for status, after in STATUS_FLOW.items()}
HELPDESK_EMAIL_REOPEN_STATUSES = tuple(map(int, ANSWERED_BY_REQUESTER))
HELPDESK_TICKET_STATUS_CSS_CLASSES = {
    1: "danger",
    2: "warning",
    3: "success",
    4: "secondary",
    5: "secondary",
    6: "info",
}
HELPDESK_TICKET_PRIORITY_CHOICES = tuple(
    (int(severity), f"{severity}. {severity.name.capitalize()}") for severity in Severity
)
HELPDESK_TICKET_PRIORITY_CSS_CLASSES = {1: "danger", 2: "warning", 3: "info", 4: "secondary"}
HELPDESK_ENABLE_PER_QUEUE_STAFF_PERMISSION = True  # a champion sees the queues that the account was given
HELPDESK_TEAMS_MODE_ENABLED = False
HELPDESK_API_ENABLED = False  # its API wants a champion's account, which no device may hold
HELPDESK_ENABLE_ATTACHMENTS = False  # it would serve them without a log-in; bundles are the attachments
HELPDESK_SUBMIT_A_TICKET_PUBLIC = False
HELPDESK_VIEW_A_TICKET_PUBLIC = False
HELPDESK_REDIRECT_TO_LOGIN_BY_DEFAULT = True
HELPDESK_ENABLE_PASSWORD_RESET = False  # needs mail; ``sendlogs-desk champion`` gives a new password
HELPDESK_STAFF_ONLY_TICKET_OWNERS = True
HELPDESK_STAFF_ONLY_TICKET_CC = True
HELPDESK_USE_CDN = False
HELPDESK_TICKETS_TIMELINE_ENABLED = False
HELPDESK_KANBAN_ENABLED = False
HELPDESK_KB_ENABLED = True
HELPDESK_FOLLOWUP_NEWEST_FIRST = True
HELPDESK_USE_HTTPS_IN_EMAIL_LINK = _https
