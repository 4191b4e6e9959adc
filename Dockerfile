# One image for both processes: `waggle bot` (no Docker access) and `waggle worker` (on a manager, with the socket).
# A first form. Classic builder syntax, so that `DOCKER_BUILDKIT=0 docker build` works on a bare Engine too.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
RUN python3 -m pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY bot bot
COPY workers workers
COPY config config
# the playground takes anyone's post: it never gets into the image (docs/adr/0006)
RUN mkdir playground && echo '"""Not in this image."""' > playground/__init__.py
# compiled here: at run time the file system is read-only
ENV UV_PROJECT_ENVIRONMENT=/opt/waggle UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN uv sync --frozen --no-dev --no-editable && rm -rf /opt/waggle/lib/python3*/site-packages/playground

FROM ${BASE}
COPY --from=build /opt/waggle /opt/waggle
ENV PATH=/opt/waggle/bin:$PATH WAGGLE_DATA=/data WAGGLE_HTTP=0.0.0.0:3000 PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --home-dir /data --create-home waggle
USER 10001
EXPOSE 3000
# no HEALTHCHECK here: only the bot listens, and docker-compose.yml asks it
ENTRYPOINT ["waggle"]
CMD ["bot"]
