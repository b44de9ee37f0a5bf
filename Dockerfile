# docker build -t statecheck .
# docker run --rm -v "$PWD:/code:ro" statecheck check
FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY rules ./rules
RUN python -m venv /opt/statecheck && /opt/statecheck/bin/pip install --no-cache-dir .

FROM python:3.13-slim
# git lists the files of the project and reads the commit to compare with; the mounted folder belongs to somebody else.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*' \
    && useradd --create-home --uid 10001 statecheck
COPY --from=build /opt/statecheck /opt/statecheck
ENV PATH="/opt/statecheck/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
USER statecheck
WORKDIR /code
ENTRYPOINT ["statecheck"]
CMD ["check"]
