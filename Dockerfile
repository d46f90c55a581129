# One image for every process; docker-compose.yml says which runs what.
#
# REQUIREMENTS=extras adds the clients of OpenAI, Anthropic and Gemini, OpenTelemetry and Sentry:
#   docker build --build-arg REQUIREMENTS=extras -t voicebot .
FROM python:3.12-slim-trixie AS build
ARG REQUIREMENTS=runtime
RUN python -m venv /venv
COPY requirements /requirements
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /requirements/${REQUIREMENTS}.txt

FROM python:3.12-slim-trixie
# pg_dump and pg_restore: those of Debian 13 are PostgreSQL 17's.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home voicebot && install -d -o voicebot /data
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
# DATABASE_URL only says that this is production; nothing connects to it.
RUN python -m compileall -q . \
    && DATABASE_URL=postgres://build/build SECRET_KEY=build python manage.py collectstatic --noinput --verbosity 0
USER 10001
VOLUME /data
EXPOSE 8000 9092
STOPSIGNAL SIGTERM
# Its own list of requests would tell what stands in addresses, past our logs: whoever wants one has it from the proxy.
CMD ["daphne", "-v", "0", "-b", "0.0.0.0", "-p", "8000", "voicebot_site.asgi:application"]
