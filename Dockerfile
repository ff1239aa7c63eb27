# Two images: `app` is one process of Wardmote, `front` is nginx with our site and the same files.
# See docs/deploy.md. Pin both bases to a digest when you build for a council.

# --- what is installed: with tools that stay behind -----------------------------------------------
FROM python:3.11-slim-bookworm AS installed
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt /tmp/requirements.txt
# Only what the lock names, only if its hash is right, only ready-made: nothing is compiled here.
RUN python -m venv /opt/wardmote \
    && /opt/wardmote/bin/pip install --require-hashes --no-deps --only-binary :all: -r /tmp/requirements.txt \
    && /opt/wardmote/bin/pip uninstall --yes setuptools pip \
    && find /opt/wardmote -name __pycache__ -prune -exec rm -rf {} +

# --- one process ----------------------------------------------------------------------------------
FROM python:3.11-slim-bookworm AS app
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin wardmote \
    && install --directory --owner=wardmote --group=wardmote --mode=0700 /var/lib/wardmote
COPY --from=installed /opt/wardmote /opt/wardmote
WORKDIR /srv/wardmote
COPY wsgi.py LICENSE README.md ./
COPY neighbourhoods neighbourhoods
COPY ballots ballots
COPY app app
COPY templates templates
COPY static static
# The root may be read-only: nothing is written but below WARDMOTE_VAR and /tmp.
ENV PATH=/opt/wardmote/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    WARDMOTE_ENVIRONMENT=production \
    WARDMOTE_VAR=/var/lib/wardmote
USER 10001:10001
VOLUME /var/lib/wardmote
EXPOSE 8000
STOPSIGNAL SIGTERM
# It lives, or is to be started again. Whether people may be sent to it is asked at /health/ready.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as ask; ask.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/live', timeout=2)"]
CMD ["python", "wsgi.py"]

# --- the front ------------------------------------------------------------------------------------
FROM nginxinc/nginx-unprivileged:1.28-alpine AS front
COPY static /srv/wardmote/static
COPY docs/deploy/nginx.conf /tmp/site.conf
# Processes of compose.yaml, from two to nine: a line of the site for each.
ARG PROCESSES=2
USER 0
# The same site as on a council's own server; here are other processes, ports and certificates.
# (What looks like the shell's variables is nginx's.)
# hadolint ignore=SC2016
RUN rm -f /etc/nginx/conf.d/default.conf \
    && sed \
        -e 's/server 127\.0\.0\.1:8001 /server 172.28.7.11:8000 /' \
        -e 's/server 127\.0\.0\.1:8002 /server 172.28.7.12:8000 /' \
        -e 's/listen 80;/listen 8080;/' -e 's/listen \[::\]:80;/listen [::]:8080;/' \
        -e 's/listen 443 ssl http2;/listen 8443 ssl;/' \
        -e 's/listen \[::\]:443 ssl http2;/listen [::]:8443 ssl; http2 on;/' \
        -e 's/server_name wardmote\.example\.gov\.uk;/server_name _;/' \
        -e 's#https://$server_name#https://$host#' \
        -e 's#/etc/letsencrypt/live/wardmote\.example\.gov\.uk/fullchain\.pem#/run/secrets/certificate#' \
        -e 's#/etc/letsencrypt/live/wardmote\.example\.gov\.uk/privkey\.pem#/run/secrets/certificate_key#' \
        -e 's#/var/log/wardmote/front\.log crit#/dev/stderr crit#' \
        /tmp/site.conf > /etc/nginx/conf.d/wardmote.conf \
    && for n in $(seq 3 "$PROCESSES"); do \
        sed -i "/server 172\.28\.7\.1$((n - 1)):8000 /{p;s/1$((n - 1)):8000/1$n:8000/}" /etc/nginx/conf.d/wardmote.conf || exit 1; \
    done \
    && sed -i -e 's/worker_connections .*;/worker_connections 20000;/' /etc/nginx/nginx.conf \
    && echo 'worker_rlimit_nofile 65536;' >> /etc/nginx/nginx.conf \
    && mkdir -p /var/log/wardmote \
    && chown nginx:nginx /var/log/wardmote \
    && rm /tmp/site.conf
USER 101
EXPOSE 8080 8443
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["wget", "-q", "--no-check-certificate", "-O", "/dev/null", "https://127.0.0.1:8443/static/img/favicon.svg"]
