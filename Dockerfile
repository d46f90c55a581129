# One image for every process; docker-compose.yml says which runs what.
FROM python:3.12-slim AS build
RUN python -m venv /venv
COPY requirements/runtime.txt /
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /runtime.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home voicebot && install -d -o voicebot /data
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data
# DATABASE_URL only says that this is production; nothing connects to it.
RUN python -m compileall -q . \
    && DATABASE_URL=postgres://build/build SECRET_KEY=build python manage.py collectstatic --noinput --verbosity 0
USER voicebot
VOLUME /data
EXPOSE 8000 9092
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "voicebot_site.asgi:application"]
