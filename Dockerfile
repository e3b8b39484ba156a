# Pressrun in a container. How to run it, and why it wants a seccomp profile: docs/docker.md.

# `make pin-images` writes the images' digests here (name:tag@sha256:…), and renews them.
ARG NODE_IMAGE=node:20-bookworm-slim
ARG DEBIAN_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS web
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
COPY examples/first.md /src/examples/first.md
RUN npm run build

# Debian's own Python, the one that `make setup` uses on a bare machine.
FROM ${DEBIAN_IMAGE} AS python
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock requirements-dev.lock ./
# Two environments: the one that ships has neither pip nor build tools; the other, which fills it, stays in this stage.
RUN python3 -m venv --without-pip /opt/pressrun \
    && python3 -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-dev.lock \
    && /opt/build/bin/pip --python /opt/pressrun/bin/python install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml setup.py MANIFEST.in LICENSE ./
COPY docs/package.md docs/
COPY backend/ backend/
COPY --from=web /src/backend/ backend/
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /src/dist . \
    && /opt/build/bin/pip --python /opt/pressrun/bin/python install --no-cache-dir --no-deps /src/dist/*.whl

FROM ${DEBIAN_IMAGE}
# Versions are not pinned: Debian stable serves only the newest fix of each, and Chromium must be that one.
# libatomic1 is for the Node inside Playwright.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       ca-certificates chromium-headless-shell espeak-ng ffmpeg fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core libatomic1 \
       python3 tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 pressrun \
    && useradd --system --uid 10001 --gid 10001 --home-dir /tmp pressrun \
    && install --directory --owner pressrun --group pressrun /data
COPY --from=python /opt/pressrun /opt/pressrun
ENV PATH=/opt/pressrun/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PRESSRUN_DATA_DIR=/data \
    PRESSRUN_HOST=0.0.0.0 \
    PRESSRUN_PORT=8000
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
# tini reaps what a killed Chromium leaves behind and passes SIGTERM on to the server.
ENTRYPOINT ["tini", "--"]
CMD ["pressrun", "serve"]
