# syntax=docker/dockerfile:1
# The PyTorch trainer: the image of Majlis on a base with CUDA. PyTorch's wheels bring the CUDA libraries that they call, so
# that any base with a driver's interface does; on a CPU
#   docker build --file charts/images/trainer.Dockerfile --build-arg BASE=ubuntu:24.04 --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu .
ARG BASE=nvidia/cuda:12.9.1-base-ubuntu24.04
ARG MAJLIS=ghcr.io/majlis/majlis:0.1.0

FROM ${MAJLIS} AS majlis

FROM ${BASE}
ARG TORCH_INDEX=
LABEL org.opencontainers.image.title="majlis-trainer" \
      org.opencontainers.image.description="RLAIF with a council of AI judges: the PyTorch trainer"
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# A compiler is what PyTorch compiles kernels with as it runs.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates gcc libc6-dev python3 python3-dev python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 majlis \
 && useradd --uid 10001 --gid majlis --home-dir /tmp --no-create-home --shell /usr/sbin/nologin majlis
COPY --from=majlis /app/workers/trainer/torch/requirements.txt /opt/requirements.txt
RUN python3 -m venv /opt/python \
 && /opt/python/bin/pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
      --requirement /opt/requirements.txt
COPY --from=majlis /usr/local/bin/node /usr/local/bin/node
COPY --from=majlis /app /app
RUN ln -s /app/dist/cli/main.js /usr/local/bin/majlis
# "majlis trainer torch --python=python3" finds this interpreter first.
ENV PATH=/opt/python/bin:$PATH \
    NODE_ENV=production
WORKDIR /app
USER 10001:10001
ENTRYPOINT []
CMD ["majlis", "trainer", "torch", "--help"]
