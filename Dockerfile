# docker build -t rgz-explorer . && docker run -p 8000:8000 rgz-explorer
#
# TORCH_SOURCE  where PyTorch's CPU build comes from, as in the Makefile: an index, or a directory
#               of wheels, which must lie inside the build: torch wheels put into ./wheels of this
#               repository, or mounted at /wheels, are found by themselves and go first.
# DEMO          1 builds the demo bundle into the image; 0 leaves it and its data package out, and
#               the image serves /data/bundles/demo unless told otherwise.
ARG DEMO=1

FROM python:3.11-slim AS build
ARG DEMO
ARG TORCH_SOURCE=https://download.pytorch.org/whl/cpu
ENV NUMBA_CACHE_DIR=/tmp/numba
WORKDIR /opt/rgz-explorer
RUN python -m venv .venv
COPY LICENSE wheels* /wheels/
COPY LICENSE README.md pyproject.toml requirements.lock setup.py ./
COPY licences licences
# The packages are still empty, so that a change of their code does not install torch again.
RUN mkdir app model scripts \
    && source="$TORCH_SOURCE" \
    && if ls /wheels/torch-*.whl >/dev/null 2>&1; then source=/wheels; fi \
    && case "$source" in http*) option=--extra-index-url ;; *) option=--find-links ;; esac \
    && .venv/bin/python -m pip install --no-cache-dir --constraint requirements.lock \
        ${source:+"$option" "$source"} --editable . \
    && if [ "$DEMO" = 1 ]; then \
        .venv/bin/python -m pip install --no-cache-dir --no-deps firstgalaxydata==0.2.1; fi
COPY app app
COPY model model
COPY scripts scripts
COPY static static
COPY templates templates
RUN if [ "$DEMO" = 1 ]; then .venv/bin/rgz-explorer build --demo --bundle demo; fi \
    && .venv/bin/python -m compileall -q app model scripts \
    && chmod -R a+rX .

FROM python:3.11-slim AS runtime
RUN useradd --uid 10001 --create-home explorer && install -d -o explorer -g explorer /data
COPY --from=build /opt/rgz-explorer /opt/rgz-explorer
ENV PATH=/opt/rgz-explorer/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    RGZ_DATA_DIR=/data \
    RGZ_HOST=0.0.0.0 \
    RGZ_PORT=8000

FROM runtime AS demo-1
ENV RGZ_BUNDLE=/opt/rgz-explorer/demo

FROM runtime AS demo-0
ENV RGZ_BUNDLE=/data/bundles/demo

# (the default once more: older Buildah looks for this stage before it reads the one above)
FROM demo-${DEMO:-1}
LABEL org.opencontainers.image.title="rgz-explorer" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.description="A radio survey as a map of morphologies. The code is \
MIT-licensed. FIRST images are not: provenance the FIRST project team (R. J. Becker, D. H. Helfand, \
R. L. White, M. D. Gregg, S. A. Laurent-Muehleisen); copyright 1994, University of California; \
permission is granted for scholarly, educational, and private non-commercial use."
WORKDIR /data
VOLUME /data
USER explorer
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as web; web.build_opener(web.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['RGZ_PORT'] + '/readyz', timeout=4)"]
CMD ["rgz-explorer", "serve"]
