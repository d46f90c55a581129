"""One application for the three protocols: http, websocket and audiosocket."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicebot_site.settings")
http = get_asgi_application()  # before anything that imports models

from calls.consumers import CallConsumer  # noqa: E402
from calls.understanding import readiness  # noqa: E402
from calls.urls import websockets  # noqa: E402
from monitoring import tracing  # noqa: E402

# Web and workers alike, before the first call.
tracing.start()
readiness.get_ready()

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(URLRouter(websockets)),
        "audiosocket": CallConsumer.as_asgi(),
    }
)
