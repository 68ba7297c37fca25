ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS dependencies
COPY requirements.lock /
RUN python -m venv --without-pip /venv
RUN pip --python /venv/bin/python install --quiet --no-cache-dir --no-compile --disable-pip-version-check \
      --require-hashes --requirement /requirements.lock
# what only a compiler, a type checker or Windows reads
RUN find /venv -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.[ch]' -o -name '*.dll' \) -delete \
 && find /venv -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
# What the process that draws imports, compiled: it starts often, and from source that takes 1.6 s of CPU instead of 0.5.
COPY deploy/compile_imported.py /
RUN /venv/bin/python -B /compile_imported.py matplotlib.figure matplotlib.backends.backend_agg PIL.PngImagePlugin
# Letters for pictures in Chinese, which matplotlib's own fonts do not have: 5 MB (bot/chat/charts/fonts.py).
RUN apt-get update -qq && apt-get install -qq --no-install-recommends fonts-wqy-microhei
RUN printf '#!/bin/sh\nexec python -m bot "$@"\n' > /venv/bin/runwatch && chmod 755 /venv/bin/runwatch


FROM ${PYTHON_IMAGE}
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Runwatch" \
      org.opencontainers.image.description="Watches centralised crypto exchanges for the signs of a run; answers on Discord and Telegram." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

RUN groupadd --gid 10001 runwatch \
 && useradd --uid 10001 --gid runwatch --no-log-init --home-dir /data --no-create-home --shell /usr/sbin/nologin runwatch \
 && install --directory --owner=runwatch --group=runwatch /data
COPY --from=dependencies /venv /venv
COPY --from=dependencies /usr/share/fonts/truetype/wqy /usr/share/fonts/truetype/wqy
COPY --from=dependencies /usr/share/doc/fonts-wqy-microhei/copyright /usr/share/doc/fonts-wqy-microhei/copyright
COPY deploy/healthcheck.py /app/
COPY handlers /app/handlers
COPY bot /app/bot

# the root is read-only; the code is found from everywhere, and nothing is imported from the directory one stands in
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/app \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HTTP_HOST=0.0.0.0

USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s CMD ["python", "-I", "-S", "/app/healthcheck.py"]
CMD ["python", "-m", "bot", "run"]
