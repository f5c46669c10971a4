# syntax=docker/dockerfile:1
# The farm in two targets: `cpu` (every role; draws with llvmpipe) and `gpu` (the render worker on an NVIDIA card).
#   docker build --target cpu -t farm:cpu .
#   docker build --target gpu -t farm:gpu .

ARG UBUNTU=24.04
ARG CUDA=12.8.1

# The virtual environment. Both targets have this Ubuntu's Python, so it is made once and copied.
FROM ubuntu:${UBUNTU} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
RUN python3 -m venv /opt/farm
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY api api
COPY assets assets
COPY exporters exporters
COPY farm farm
COPY pipelines pipelines
COPY renderers renderers
RUN /opt/farm/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM ubuntu:${UBUNTU} AS cpu
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      python3 ffmpeg redis-server postgresql-client libegl1 libgl1 libgl1-mesa-dri fonts-nanum fonts-dejavu-core \
      ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin farm \
 && install -d -o farm -g farm -m 0700 /var/lib/farm
COPY --from=build /opt/farm /opt/farm
ENV PATH=/opt/farm/bin:$PATH PYTHONUNBUFFERED=1 FARM_DATA_DIR=/var/lib/farm FARM_HTTP_HOST=0.0.0.0
USER farm
WORKDIR /var/lib/farm
VOLUME /var/lib/farm
EXPOSE 8420 8421 8422 8423
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 \
  CMD ["farm", "doctor", "--only", "http"]
ENTRYPOINT ["farm"]
CMD ["up"]

# The base image brings the CUDA runtime's library path; the driver itself (EGL, GL, NVENC) is mounted into the
# container by the NVIDIA runtime, for the capabilities that NVIDIA_DRIVER_CAPABILITIES names.
FROM nvidia/cuda:${CUDA}-base-ubuntu${UBUNTU} AS gpu
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      python3 ffmpeg libegl1 libgl1 libglvnd0 libopengl0 fonts-nanum fonts-dejavu-core ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin farm \
 && install -d -o farm -g farm -m 0700 /var/lib/farm \
 && install -d /usr/share/glvnd/egl_vendor.d \
 && printf '%s\n' '{"file_format_version": "1.0.0", "ICD": {"library_path": "libEGL_nvidia.so.0"}}' \
      > /usr/share/glvnd/egl_vendor.d/10_nvidia.json
COPY --from=build /opt/farm /opt/farm
ENV PATH=/opt/farm/bin:$PATH PYTHONUNBUFFERED=1 FARM_DATA_DIR=/var/lib/farm FARM_HTTP_HOST=0.0.0.0 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=graphics,video,compute,utility
USER farm
WORKDIR /var/lib/farm
VOLUME /var/lib/farm
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s --retries=4 \
  CMD ["farm", "doctor", "--only", "redis", "--only", "database"]
ENTRYPOINT ["farm"]
CMD ["up", "worker-heavy"]
