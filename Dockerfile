# The service alone: no embedded server, no root, nothing that only building needs.
FROM python:3.13-slim AS build
WORKDIR /srv/meridian
COPY requirements/prod.txt requirements/prod.txt
RUN python -m venv /opt/meridian \
 && /opt/meridian/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/prod.txt
COPY requirements/build.txt requirements/build.txt
RUN python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /tmp/wheels . \
 && /opt/meridian/bin/pip install --no-cache-dir --no-deps /tmp/wheels/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/meridian --create-home meridian
COPY --from=build /opt/meridian /opt/meridian
ENV PATH=/opt/meridian/bin:$PATH MERIDIAN_STATE_DIR=/var/lib/meridian PYTHONUNBUFFERED=1
USER meridian
WORKDIR /var/lib/meridian
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz/ready', timeout=2)"]
CMD ["meridian", "serve", "--host", "0.0.0.0", "--no-jobs"]
