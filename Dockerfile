# Tollbook in a container: `docker compose up --build`; src/tollbook/manual/guide/containers.md says how.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements-uv.lock requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-uv.lock
RUN python -m venv --without-pip /opt/tollbook
RUN uv pip install --no-cache --python /opt/tollbook/bin/python --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN uv build --wheel --out-dir /wheel
RUN uv pip install --no-cache --python /opt/tollbook/bin/python --no-deps /wheel/*.whl
RUN /opt/tollbook/bin/python -m compileall -q /opt/tollbook/lib

FROM python:3.13-slim
RUN useradd --system --uid 8470 --home-dir /var/lib/tollbook --shell /usr/sbin/nologin tollbook
RUN install -d -m 0700 -o tollbook -g tollbook /var/lib/tollbook /backup
COPY --from=build /opt/tollbook /opt/tollbook
ENV PATH=/opt/tollbook/bin:$PATH TOLLBOOK_SITE=/var/lib/tollbook
USER tollbook
VOLUME ["/var/lib/tollbook", "/backup"]
EXPOSE 8470
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8470/sign-in/', timeout=9)"]
ENTRYPOINT ["tollbook"]
CMD ["serve", "--listen", "0.0.0.0:8470"]
