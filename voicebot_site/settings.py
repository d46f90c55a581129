"""Every setting comes from the environment; `.env.example` lists them.

With nothing set the product runs embedded: SQLite, in-memory channel layer,
Celery in a thread, and the sandbox in place of the vendors.
"""

import sys
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from environ.fileaware_mapping import FileAwareMapping

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "pytest" in sys.modules


class Environment(FileAwareMapping):
    """X_FILE names a file that holds X (Docker secrets); editors end files with a newline."""

    def __getitem__(self, key: str) -> str:
        value: str = super().__getitem__(key)
        return value.rstrip("\n")


class Env(environ.Env):
    ENVIRON = Environment()


env = Env()
if (BASE_DIR / ".env").exists() and not TESTING:  # a developer's keys must not get into tests
    env.read_env(str(BASE_DIR / ".env"))

# --- Django -----------------------------------------------------------------

DEBUG: bool = env.bool("DEBUG", default=False)
# Embedded is a laptop or a test; in production SECRET_KEY is set, and a system check insists.
INSECURE_SECRET_KEY = "insecure-embedded-key"  # noqa: S105
SECRET_KEY: str = env.str("SECRET_KEY", default=INSECURE_SECRET_KEY)
# Fernet keys for secrets at rest, newest first; derived from SECRET_KEY when empty.
ENCRYPTION_KEYS: list[str] = env.list("ENCRYPTION_KEYS", default=[])
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where browsers and Asterisk servers reach this site, without a trailing slash.
SITE_URL: str = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
# Proxies in front that add to X-Forwarded-For; browsers' addresses are read from there.
PROXY_COUNT: int = env.int("PROXY_COUNT", default=0)
HTTPS: bool = SITE_URL.startswith("https://")

INSTALLED_APPS = [
    # First: its runserver speaks ASGI. Nobody else needs Twisted, a fifth of a second of what each process imports.
    *(["daphne"] if sys.argv[1:2] == ["runserver"] else []),
    "unfold.apps.BasicAppConfig",  # the default one would put its own site in place of ours
    "unfold.contrib.filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "voicebot_site.apps.AdminConfig",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "django_prometheus",
    "axes",
    "tenants",
    "companies",
    "calls",
    "tickets",
    "telephony",
    "providers",
    "monitoring",
    "sandbox",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "voicebot_site.security.browser_policy",
    "voicebot_site.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.sessions.seen",
    "tenants.middleware.tenant_scope",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "voicebot_site.urls"
ASGI_APPLICATION = "voicebot_site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- What is kept, and where ------------------------------------------------

# Recordings, spoken phrases and the embedded database.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data")))
DATABASE_URL: str = env.str("DATABASE_URL", default="")


# How long PostgreSQL may work on one query. Calls wait for it; a migration may take its time.
SERVES = not sys.argv[0].endswith(("manage.py", "django-admin")) or sys.argv[1:2] in (["runaudiosocket"], ["runserver"])
DATABASE_STATEMENT_TIMEOUT: float = env.float("DATABASE_STATEMENT_TIMEOUT", default=8.0 if SERVES else 0.0)

# PostgreSQL itself keeps companies apart (tenants/row_security.py); `migrate` puts the policies up, or takes them down.
ROW_LEVEL_SECURITY: bool = env.bool("ROW_LEVEL_SECURITY", default=True)


def database() -> dict[str, Any]:
    """PostgreSQL with a pool where DATABASE_URL says so, else SQLite in WAL mode."""
    if not DATABASE_URL:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "tenants.sqlite",  # with django_prometheus' metrics
            "NAME": DATA_DIR / "voicebot.sqlite3",
            "CONN_MAX_AGE": None,  # to open it costs more than most of what is asked of it
            "OPTIONS": {
                "timeout": 20,
                # A reader that becomes a writer must wait for the lock, not fail.
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            },
            # A file: calls reach the database from several threads.
            "TEST": {"NAME": DATA_DIR / f"test-{environ.os.getpid()}.sqlite3"},
        }
    config: dict[str, Any] = env.db("DATABASE_URL")
    if config["ENGINE"] == "django.db.backends.postgresql":
        config["ENGINE"] = "tenants.postgresql"  # with django_prometheus' metrics
        # A host that has vanished answers nothing, not even a refusal: without these a
        # call's thread would wait for it for minutes.
        options = config.setdefault("OPTIONS", {})
        options |= {"connect_timeout": 3, "tcp_user_timeout": 5000, "keepalives_idle": 5} | options
        if "options" not in options:
            # Compiling a query costs half a second, whenever the planner fears more rows than there are.
            options["options"] = "-c jit=off"
            if DATABASE_STATEMENT_TIMEOUT:
                options["options"] += f" -c statement_timeout={DATABASE_STATEMENT_TIMEOUT * 1000:.0f}"
        if not TESTING:  # a pool outlives the test database that it is connected to
            # Between two attempts the pool waits for 1, 2, 4 … s, as long as it does not give up: after
            # an outage of a minute it would find the database another minute later.
            options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 5, "reconnect_timeout": 3}
    config["TEST"] = {"NAME": f"test_voicebot_{environ.os.getpid()}"}
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING or not DATABASE_URL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "media"  # never served as such: a view checks whose file it is
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Embedded and in tests files are served from where they lie; in production collectstatic was run.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG or TESTING or not DATABASE_URL

# --- Redis, Channels, Celery ------------------------------------------------

REDIS_URL: str = env.str("REDIS_URL", default="")
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # redis-py 8 gives a socket 5 s, as long as channels-redis waits for a message:
        # without None an idle consumer, that is a call, would be ended.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL  # in a thread of its own: voicebot_site/celery.py
# Seconds; a task may have less. What is not finished after the visibility timeout, because its
# worker is gone, is given to another one: no task may take that long, nor wait that long for a retry.
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
# Without the timeouts, whoever speaks to a Redis that hangs would wait for it for ever; BRPOP waits for 1 s.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 900,
    "socket_timeout": 3.0,
    "socket_connect_timeout": 3.0,
    "queue_order_strategy": "priority",  # as the queues are named below
}
# What takes long, or comes in masses, waits in a queue of its own: a worker looks into the first one first.
CELERY_TASK_DEFAULT_QUEUE, BULK_QUEUE = "celery", "bulk"
CELERY_TASK_QUEUES: dict[str, Any] = {CELERY_TASK_DEFAULT_QUEUE: {}, BULK_QUEUE: {}}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
QUARTER, DAY = 15 * 60, 24 * 3600


def due(task: str, schedule: float | crontab, *, again: float) -> dict[str, Any]:
    """A task that the clock starts; not taken up within the seconds after which it is started `again`, it lapses."""
    return {"task": task, "schedule": schedule, "options": {"expires": again}}


# Of days by the clock: an interval of a day begins anew with every deployment.
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "deliver webhooks that wait": due("tenants.sweep_webhooks", 15.0, again=15),
    "close calls whose worker died": due("calls.close_abandoned", 10.0, again=10),
    "report the week": due("tickets.weekly_reports_of_everyone", crontab(minute="3-59/15"), again=QUARTER),
    "count what the bot earned": due("tickets.count_roi_of_everyone", crontab(minute="*/15"), again=QUARTER),
    "forget webhooks that have arrived": due("tenants.forget_webhooks", crontab(hour=1, minute=10), again=DAY),
    "forget old audit entries": due("tenants.forget_old_audit", crontab(hour=1, minute=20), again=DAY),
    "forget ended sessions": due("tenants.forget_ended_sessions", crontab(hour=1, minute=30), again=DAY),
    "forget old answers and deletions": due("tenants.forget_what_was_told", crontab(hour=1, minute=30), again=DAY),
    "erase what was kept long enough": due("tickets.erase_old_of_everyone", crontab(hour=1, minute=40), again=DAY),
    "tend the phrase store": due("providers.refresh_phrases_of_everyone", crontab(hour=2, minute=0), again=DAY),
}

# --- Mail -------------------------------------------------------------------

EMAIL_URL: str = env.str("EMAIL_URL", default="")


def mail() -> dict[str, Any]:
    """Where mail goes; without EMAIL_URL into files, for a person to look at."""
    if EMAIL_URL:
        config: dict[str, Any] = env.email("EMAIL_URL")
        return config
    return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": DATA_DIR / "mail"}


globals().update(mail())
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Voicebot <voicebot@localhost>")

# --- Webhooks ---------------------------------------------------------------

# Networks inside which companies may have events sent to, also over plain HTTP; elsewhere
# only HTTPS to addresses of the internet is allowed.
WEBHOOK_ALLOWED_NETWORKS: list[str] = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])

# --- People -----------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "voicebot_site" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Paris")
USE_TZ = True
FORMAT_MODULE_PATH = ["voicebot_site.formats"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Five wrong passwords for a name from an address: that pair waits. The form says how long.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "tenants.audit.address_of"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = [
    "axes.W002",  # its middleware would put a page of its own in place of the form
    "security.W005",  # names below ours are not ours to decide about
    "security.W021",  # nor is browsers' preload list, which is hard to leave
]
PASSWORD_RESET_TIMEOUT = 4 * 3600
SESSION_COOKIE_AGE = 14 * 86400
# How long is kept who did what.
AUDIT_DAYS: int = env.int("AUDIT_DAYS", default=400)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# Probes and Prometheus speak plain HTTP inside the cluster.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
X_FRAME_OPTIONS = "DENY"

# --- API --------------------------------------------------------------------

# Of each key, and of each person who looks at the API's pages.
API_REQUESTS_PER_MINUTE: int = env.int("API_REQUESTS_PER_MINUTE", default=600)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "voicebot_site.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["voicebot_site.api.permissions.MayUse"],
    "DEFAULT_THROTTLE_CLASSES": ["voicebot_site.api.throttling.PerKeyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer", "voicebot_site.api.pages.Pages"],
    "DEFAULT_PARSER_CLASSES": ["voicebot_site.api.parsers.Json"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "voicebot_site.api.schema.Described",
    "EXCEPTION_HANDLER": "voicebot_site.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Voicebot",
    "DESCRIPTION": "Customers, companies, tickets and calls of a company account. docs/api.md is the guide.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "DEFAULT_GENERATOR_CLASS": "voicebot_site.api.schema.Generator",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "DISABLE_ERRORS_AND_WARNINGS": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "voicebot_site.api.schema.finish",
    ],
}

# --- Calls ------------------------------------------------------------------

AUDIOSOCKET_HOST: str = env.str("AUDIOSOCKET_HOST", default="0.0.0.0")  # noqa: S104
AUDIOSOCKET_PORT: int = env.int("AUDIOSOCKET_PORT", default=9092)
# HOST:PORT that the dialplan is told to dial, when it is not the SITE_URL's host.
AUDIOSOCKET_PUBLIC_ADDRESS: str = env.str("AUDIOSOCKET_PUBLIC_ADDRESS", default="")
# Balancers that tell by the PROXY protocol who calls.
AUDIOSOCKET_PROXIES: list[str] = env.list("AUDIOSOCKET_PROXIES", default=[])
# Where our connections to Asterisk servers come from, for their firewalls and manager.conf.
OUTGOING_ADDRESSES: list[str] = env.list("OUTGOING_ADDRESSES", default=[])
MAX_CALLS_PER_WORKER: int = env.int("MAX_CALLS_PER_WORKER", default=400)
# A worker takes no more calls while its frames are later than that (p99 of a second).
MOST_LATENESS_SECONDS: float = env.float("MOST_LATENESS_SECONDS", default=0.02)
MAX_CALLS: int = env.int("MAX_CALLS", default=0)  # of the whole platform; 0: no limit
# After SIGTERM calls are still taken for so long, until balancers have seen /readyz.
LAME_DUCK_SECONDS: float = env.float("LAME_DUCK_SECONDS", default=0.0)
DRAIN_SECONDS: float = env.float("DRAIN_SECONDS", default=120.0)

# --- Vendors ----------------------------------------------------------------
# A key that is set means the vendor's cloud; one that is not, the sandbox.

SANDBOX_URL: str = env.str("SANDBOX_URL", default="http://127.0.0.1:9900").rstrip("/")


def vendor(name: str, cloud: str, *, needs_key: bool = True) -> dict[str, str]:
    """{"api_key", "url", "cloud"} of a vendor; the first two from NAME_API_KEY and NAME_URL.

    `cloud` is where companies' own keys go while the platform uses the sandbox. For a
    server of one's own, which needs no key, the address is enough.
    """
    key = env.str(f"{name.upper()}_API_KEY", default="")
    fallback = cloud if key else f"{SANDBOX_URL}/{name}"
    url = env.str(f"{name.upper()}_URL", default=fallback).rstrip("/")
    is_own = not needs_key and url != fallback
    return {"api_key": key or ("none" if is_own else "sandbox"), "url": url, "cloud": cloud}


VENDORS: dict[str, dict[str, str]] = {
    "deepgram": vendor("deepgram", "https://api.deepgram.com"),
    "groq": vendor("groq", "https://api.groq.com"),
    "elevenlabs": vendor("elevenlabs", "https://api.elevenlabs.io"),
    "openai": vendor("openai", "https://api.openai.com"),
    "anthropic": vendor("anthropic", "https://api.anthropic.com"),
    "gemini": vendor("gemini", "https://generativelanguage.googleapis.com"),
    "ollama": vendor("ollama", "https://ollama.com", needs_key=False),
}
# What companies may choose from: the implementation of each kind, by dotted path.
PROVIDERS: dict[str, dict[str, str]] = {
    "deepgram": {"stt": "providers.deepgram.DeepgramSpeechToText"},
    "groq": {"llm": "providers.groq.GroqLanguageModel"},
    "elevenlabs": {"tts": "providers.elevenlabs.ElevenLabsTextToSpeech"},
    "openai": {"llm": "providers.openai.OpenAILanguageModel"},
    "anthropic": {"llm": "providers.anthropic.AnthropicLanguageModel"},
    "gemini": {"llm": "providers.gemini.GeminiLanguageModel"},
    "ollama": {"llm": "providers.openai.OpenAICompatibleLanguageModel"},
    "vosk": {"stt": "providers.vosk.VoskSpeechToText"},
    "piper": {"tts": "providers.piper.PiperTextToSpeech"},
}
# What companies that chose nothing use: names of PROVIDERS or dotted paths, with commas
# between them, in order of preference.
SPEECH_TO_TEXT: str = env.str("SPEECH_TO_TEXT", default="deepgram")
LANGUAGE_MODEL: str = env.str("LANGUAGE_MODEL", default="groq")
TEXT_TO_SPEECH: str = env.str("TEXT_TO_SPEECH", default="elevenlabs")
DEEPGRAM_MODEL: str = env.str("DEEPGRAM_MODEL", default="nova-3")
GROQ_MODEL: str = env.str("GROQ_MODEL", default="openai/gpt-oss-20b")
ELEVENLABS_MODEL: str = env.str("ELEVENLABS_MODEL", default="eleven_flash_v2_5")
OPENAI_MODEL: str = env.str("OPENAI_MODEL", default="gpt-5.4-mini")
ANTHROPIC_MODEL: str = env.str("ANTHROPIC_MODEL", default="claude-haiku-4-5")
GEMINI_MODEL: str = env.str("GEMINI_MODEL", default="gemini-3.8-flash")
OLLAMA_MODEL: str = env.str("OLLAMA_MODEL", default="gpt-oss:20b")
# Files on this machine; {language} in a path stands for fr, en. Unset: the sandbox's engine.
VOSK_MODEL_PATH: str = env.str("VOSK_MODEL_PATH", default="")
PIPER_VOICE_PATH: str = env.str("PIPER_VOICE_PATH", default="")
SANDBOX_ENGINES = {"vosk": "sandbox.engines.vosk", "piper": "sandbox.engines.piper"}
# Who speaks for a company that chose no voice of its own, by language.
ELEVENLABS_VOICES: dict[str, str] = {
    "fr": env.str("ELEVENLABS_VOICE_FR", default="EXAVITQu4vr4xnSDxMaL"),
    "en": env.str("ELEVENLABS_VOICE_EN", default="EXAVITQu4vr4xnSDxMaL"),
}

# --- Money ------------------------------------------------------------------
# What vendors may cost the platform, over all companies, in euros; unset: no limit.


def euros(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return Decimal("NaN")  # a system check says so


PLATFORM_DAY_LIMIT_EUR = euros(env.str("PLATFORM_DAY_LIMIT_EUR", default=""))
PLATFORM_MONTH_LIMIT_EUR = euros(env.str("PLATFORM_MONTH_LIMIT_EUR", default=""))
# "degraded": calls go on with keywords and recorded phrases; "refuse": no call is taken.
PLATFORM_LIMIT_ACTION: str = env.str("PLATFORM_LIMIT_ACTION", default="degraded")

# --- Metrics ----------------------------------------------------------------
# Those of the calls (and, on a port of its own, of Celery) are for Prometheus on an internal network.

METRICS_HOST: str = env.str("METRICS_HOST", default="127.0.0.1")
METRICS_PORT: int = env.int("METRICS_PORT", default=9091)
TASKS_METRICS_PORT: int = env.int("TASKS_METRICS_PORT", default=9093)
# What Prometheus must show to the web's /metrics; empty: it may only be asked without a proxy.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")

# --- Traces and errors: off where these are empty ------------------------------

# Where a collector takes OTLP over HTTP, such as http://collector:4318.
OTEL_EXPORTER_OTLP_ENDPOINT: str = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
OTEL_EXPORTER_OTLP_HEADERS: list[str] = env.list("OTEL_EXPORTER_OTLP_HEADERS", default=[])
SENTRY_DSN: str = env.str("SENTRY_DSN", default="")

# --- Logs -------------------------------------------------------------------

LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
# "terminal": lines for people, with what callers and the bot say; "json": for machines, without.
LOG_FORMAT: str = env.str("LOG_FORMAT", default="json" if DATABASE_URL else "terminal")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "monitoring.logs.JsonFormatter"},
        "terminal": {"()": "monitoring.logs.TerminalFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT if LOG_FORMAT in ("json", "terminal") else "terminal",
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "voicebot.conversation": {"level": LOG_LEVEL if LOG_FORMAT == "terminal" else "WARNING"},
        # Django would print these once more, past our formatters.
        "django": {"handlers": [], "level": LOG_LEVEL},
        "django.server": {"handlers": [], "propagate": True},
        # Below WARNING these tell whole requests: keys, and what callers said.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "httpcore2": {"level": "WARNING"},
        "openai": {"level": "WARNING"},
        "anthropic": {"level": "WARNING"},
        "google_genai": {"level": "WARNING"},
        "groq": {"level": "WARNING"},
        "elevenlabs": {"level": "WARNING"},
        "deepgram": {"level": "WARNING"},
        "websockets": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # Two lines for each task that goes well: *Background jobs* and the metrics have them.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}

# --- The looks of the admin site -------------------------------------------------

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Voicebot",
    "SITE_HEADER": "Voicebot",
    "SITE_SUBHEADER": "voicebot_site.admin.acting_for_name",
    "SITE_SYMBOL": "support_agent",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("voicebot/favicon.svg")}],
    "SITE_URL": None,
    "ENVIRONMENT": "voicebot_site.admin.acting_for_label",
    "DASHBOARD_CALLBACK": "voicebot_site.dashboard.dashboard",
    "SHOW_HISTORY": True,
    "ACCOUNT": {"navigation": "voicebot_site.navigation.account_links"},
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "STYLES": [lambda request: static("voicebot/admin.css")],
    "SCRIPTS": [lambda request: static("voicebot/page.js")],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "voicebot_site.navigation.sidebar",
    },
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .014 195)",
            "100": "oklch(94.5% .034 194)",
            "200": "oklch(89.5% .062 193)",
            "300": "oklch(82.5% .094 192)",
            "400": "oklch(73.5% .112 191)",
            "500": "oklch(63.5% .107 191)",
            "600": "oklch(51.5% .089 192)",
            "700": "oklch(44.5% .076 193)",
            "800": "oklch(38.5% .064 194)",
            "900": "oklch(33.5% .053 195)",
            "950": "oklch(24.5% .043 196)",
        }
    },
}
