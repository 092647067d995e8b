# The main job in a container, which needs no network when it runs:
#
#   docker build -t smoltflow .
#   mkdir -p runs
#   docker run --rm --network none --user "$(id -u)" -v "$PWD/runs:/data/runs" smoltflow
#
# What stands behind the image's name replaces the main job: smoltflow run smoke, smoltflow scenario list.

FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE ./
COPY requirements requirements
COPY sim sim
COPY persistence persistence
COPY scenarios scenarios
RUN python -m venv /opt/smoltflow \
    && /opt/smoltflow/bin/pip install --no-cache-dir --require-hashes -r requirements/study.lock \
    && /opt/smoltflow/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
COPY --from=build /opt/smoltflow /opt/smoltflow
RUN useradd --create-home smoltflow && mkdir -p /data/runs && chown -R smoltflow /data
ENV PATH=/opt/smoltflow/bin:$PATH \
    MPLCONFIGDIR=/tmp/matplotlib
USER smoltflow
WORKDIR /data
ENTRYPOINT ["smoltflow"]
CMD ["run", "production"]
