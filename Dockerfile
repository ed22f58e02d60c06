# The bot and the gate as one image.   docker build --platform linux/arm64 --tag approval-bot .
#
# It runs as a user without rights, on a file system that may be read-only: what it keeps lies in /state, what
# it forgets in /run/approval-bot, and both are volumes.
#
#   docker run --read-only --volume ./.env:/app/.env:ro --volume approval-bot:/state approval-bot
#
# (--env-file would take the quotes in .env as part of the values.) The gate, with keys made by `keys create` in its
# place, and without the health check, which is the bot's; the gate's own is http://…:8080/readyz:
#
#   docker run --read-only --volume approval-gate:/state --publish 127.0.0.1:8080:8080 --no-healthcheck \
#       --env GATE_PUBLIC_URL=http://127.0.0.1:8080 approval-bot python -m approval_gate

# From a mirror: --build-arg PYTHON_IMAGE=registry.example.com/python:3.13-slim
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /build
COPY requirements.txt ./
# Wheels only: there is no compiler here. The environment gets no pip: nothing is installed into it later.
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --only-binary :all: --requirement requirements.txt

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 approval-bot \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin approval-bot \
    && mkdir /state /run/approval-bot \
    && chmod 0700 /state /run/approval-bot \
    && chown 10001:10001 /state /run/approval-bot
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY LICENSE channels.json ./
COPY upstream_client upstream_client
COPY approval_gate approval_gate
COPY slack_bot slack_bot
COPY instance instance
# Files come with the rights they had where they were cloned. Python's image holds no bytecode of the standard
# library, and at run time none can be written: what they load is loaded here once, as a proof and to keep it.
RUN chmod -R a+rX,go-w . \
    && python -m compileall -q slack_bot upstream_client approval_gate \
    && python -c "import alembic.command, boto3, holidays, psycopg, slack_bot.app" \
    && python -c "import alembic.command, psycopg, redis, approval_gate.server.app, approval_gate.server.process"
ENV PYTHONDONTWRITEBYTECODE=1 \
    TMPDIR=/run/approval-bot \
    HEARTBEAT_FILE=/run/approval-bot/heartbeat \
    LEDGER_URL=sqlite:////state/ledger.db \
    GATE_DATABASE_URL=sqlite:////state/gate.db \
    GATE_HOST=0.0.0.0 \
    STATE=file:/state
VOLUME ["/state", "/run/approval-bot"]
USER 10001:10001
STOPSIGNAL SIGTERM
# ECS does not look at this one, but at the one in task-definition.json.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=5 CMD ["python", "-m", "slack_bot.health"]
CMD ["python", "-m", "slack_bot.app"]
