#!/usr/bin/env bash
# Installs the Debian 12 packages that building (and testing) takes; says which before it does. Nothing happens when all are there.
#
# usage: tests/install.sh build|services|tests|PACKAGE…
#   build     what compiling culprit takes
#   services  what tests/services.sh takes to start real servers
#   tests     both, and what the tests themselves take
set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache mold pkg-config git ca-certificates
  librdkafka-dev libsimdjson-dev libre2-dev libvectorscan-dev libpg-query-dev libprotobuf-c-dev
  libboost-dev libboost-iostreams-dev libboost-system-dev libsqlitecpp-dev libsqlite3-dev
  nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libspdlog-dev prometheus-cpp-dev libhowardhinnant-date-dev
  libkainjow-mustache-dev libjs-bootstrap5 libxxhash-dev libzstd-dev zlib1g-dev libssl-dev
  libgtest-dev librapidcheck-dev libbenchmark-dev
  tzdata zstd curl
)
service_packages=(openjdk-17-jre-headless maven unzip curl postgresql-15 postgresql-client-15)
test_packages=(python3 python3-kafka python3-confluent-kafka prometheus clang libclang-rt-14-dev zstd chromium chromium-driver python3-selenium)

(($#)) && [[ $1 != -* ]] || {
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
command -v npm >/dev/null || test_packages+=(npm)  # any will do, the distribution's where there is none

wanted=()
for argument; do
  case "$argument" in
    build) wanted+=("${build_packages[@]}") ;;
    services) wanted+=("${service_packages[@]}") ;;
    tests) wanted+=("${build_packages[@]}" "${service_packages[@]}" "${test_packages[@]}") ;;
    *) wanted+=("$argument") ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  # Through --show --showformat a package that was only removed, not purged, counts as missing.
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || {
    echo "install.sh: not root and there is no sudo; as root, run: apt-get install ${missing[*]}" >&2
    exit 3
  }
  as_root=(sudo)
fi

echo "Installing with apt-get: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)

# A fresh image has no package lists, and an old list names files that are gone: refresh when the first try fails.
install_packages() {
  "${apt[@]}" install "$@" && return
  echo "Refreshing the package lists"
  "${apt[@]}" update
  "${apt[@]}" install "$@"
}

{
  if [[ " ${missing[*]} " == *" postgresql-15 "* ]]; then
    # The tests start servers of their own; the distribution's main cluster is not created, so that nothing listens on 5432.
    settings=/etc/postgresql-common/createcluster.conf
    [[ -f $settings ]] || install_packages postgresql-common
    "${as_root[@]}" sed -i 's/^#\? *create_main_cluster *=.*/create_main_cluster = false/' "$settings"
  fi
  install_packages "${missing[@]}"
} >&2
