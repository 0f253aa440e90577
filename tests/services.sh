#!/usr/bin/env bash
# Starts or stops one real service on loopback, for a test or a person.
#
# usage: tests/services.sh start|stop kafka|elasticsearch|opensearch|postgresql|alertmanager [--dir D] [--port P] [--fresh]
#                      [--member N/PORT,PORT…]
#   --dir   where data, log and pid file live (default: /tmp/culprit-services-$UID); kept by stop, reused by the next start
#   --fresh a service that does not run begins without the data of an earlier run, which may have been killed
#   --member  the Nth server of one cluster of Kafka or Elasticsearch, each in a folder of its own; the ports are those by which
#           the members speak to each other, one each
#   --port  0 takes a free one (default: kafka 9092, elasticsearch 9200, opensearch 9201, postgresql 5433, alertmanager 9093)
#
# start waits until the service answers and prints its address as the last line; a service that runs already is left as it is.
# Files in D: NAME.pid, NAME.address, NAME.log and the folder NAME with the data.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

kafka_version=3.7.2
elasticsearch_version=${CULPRIT_ELASTICSEARCH_VERSION:-8.11.4}
opensearch_version=${CULPRIT_OPENSEARCH_VERSION:-2.19.1}
patience=120 # seconds until a service that does not answer is given up

usage() {
  sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
fail() {
  echo "services.sh: $*" >&2
  exit 3
}

action=${1:-} service=${2:-}
[[ $action == start || $action == stop ]] || usage
case "$service" in
  kafka) port=9092 ;;
  elasticsearch) port=9200 ;;
  opensearch) port=9201 ;;
  postgresql) port=5433 ;;
  alertmanager) port=9093 ;;
  *) usage ;;
esac
shift 2
dir=/tmp/culprit-services-$UID fresh=false member=1 inner_ports=()
while (($#)); do
  case "$1" in
    --dir) dir=${2:?--dir wants a folder} && shift ;;
    --port) port=${2:?--port wants a number} && shift ;;
    --fresh) fresh=true ;;
    --member)
      [[ ${2:-} =~ ^[1-9]/[0-9]+(,[0-9]+)*$ ]] || usage
      member=${2%%/*}
      IFS=, read -ra inner_ports <<<"${2#*/}"
      ((member <= ${#inner_ports[@]})) || usage
      shift
      ;;
    *) usage ;;
  esac
  shift
done
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
data=$dir/$service log=$dir/$service.log pid_file=$dir/$service.pid address_file=$dir/$service.address
cache=${XDG_CACHE_HOME:-$HOME/.cache}/culprit

# Running, and ours: a pid may have been given to another process since.
running() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) && [[ -n $pid ]] && { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "$dir"
}

stop_service() {
  local pid i
  if running; then
    pid=$(cat "$pid_file")
    kill -CONT "$pid" 2>/dev/null || true
    # PostgreSQL's fast shutdown is SIGINT; SIGTERM would wait for its clients.
    [[ $service == postgresql ]] && kill -INT "$pid" || kill -TERM "$pid"
    for ((i = 0; i < 150; i++)); do
      running || break
      sleep 0.2
    done
    if running; then
      echo "$service (pid $pid) did not stop in 30 s; killing it"
      kill -KILL "$pid"
      while running; do sleep 0.1; done
    fi
    echo "$service stopped"
  else
    echo "$service is not running in $dir"
  fi
  rm -f "$pid_file" "$address_file"
  # Where the host shares its mounts with their namespaces, the one that set_as_user made outlives the server.
  [[ ! -d $dir/root ]] || umount --recursive --lazy "$dir/root" 2>/dev/null || true
}

# Below the ports that the kernel gives to clients (32768 and up): one of those could be taken again before the server listens.
free_port() {
  perl -MIO::Socket::INET -e 'while (1) {
    my $port = 15000 + int(rand(17000));
    if (IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => $port, Proto => "tcp")) { print $port; last }
  }'
}
listens() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Waits for `answers` to succeed while the process lives.
wait_until_it_answers() {
  local deadline=$((SECONDS + patience))
  until answers; do
    running || { tail -n 30 "$log" >&2; fail "$service ended while starting; its log is $log"; }
    ((SECONDS < deadline)) || { tail -n 30 "$log" >&2; fail "$service did not answer on port $port within $patience s; its log is $log"; }
    sleep 0.2
  done
  echo "127.0.0.1:$port" >"$address_file"
}

# Elasticsearch and PostgreSQL refuse to run as root: they get a user without rights of its own. Made by one of them: services
# start side by side.
service_user() {
  ((EUID == 0)) || return 0
  flock /run/lock/culprit-test-user sh -c \
    'id -u culprit-test >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin culprit-test'
  mkdir -p "$data"
  chown -R culprit-test: "$data"
  touch "$log"
  chown culprit-test: "$log"
  chmod o+x "$dir"
}
# Puts the command in `as_user` that runs what follows as that user, or as whoever runs this.
#
# In a bare chroot no mount is the root folder's, and Java finds no file store for a path there: such a server gets a mount
# namespace of its own, in which the root folder is mounted. It goes when the server ends.
set_as_user() {
  as_user=(env HOME="$data")
  ((EUID == 0)) || return 0
  as_user=(setpriv --reuid=culprit-test --regid=culprit-test --clear-groups "${as_user[@]}")
  if ! awk '$2 == "/" {found = 1} END {exit !found}' /proc/self/mounts; then
    mkdir -p "$dir/root"
    as_user=(unshare --mount --propagation unchanged bash -c 'mount --rbind / "$0" && exec chroot "$0" "$@"' "$dir/root" "${as_user[@]}")
  fi
}
# A command as a process group of its own that outlives this script, without its terminal and its open files.
detached() {
  setsid "$@" >>"$log" 2>&1 </dev/null 3>&- 4>&- &
  echo $! >"$pid_file"
}

java_17() {
  local home
  for home in "${CULPRIT_JAVA_HOME:-/nonexistent}" /usr/lib/jvm/java-17-openjdk-* "$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")"; do
    [[ -x $home/bin/java ]] && { echo "$home"; return; }
  done
  fail "no Java 17; tests/install.sh services installs it"
}

# Resolves through Maven as it is set up on this machine.
maven() {
  mvn --batch-mode --quiet --no-transfer-progress "$@" >"$cache/maven.log" 2>&1 || { tail -n 20 "$cache/maven.log" >&2; fail "Maven could not fetch $service; the whole log is $cache/maven.log"; }
}

# --- kafka -----------------------------------------------------------------------------------------------------------------

fetch_kafka() {
  jars=$cache/kafka-$kafka_version
  [[ -d $jars ]] && return
  echo "Fetching Apache Kafka $kafka_version with Maven into $jars"
  local work
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/fetch.XXXXXX")
  cat >"$work/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>culprit</groupId><artifactId>services</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka_version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
XML
  maven --file "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/jars"
  mv -T "$work/jars" "$jars" 2>/dev/null || [[ -d $jars ]] # another one may have been quicker
  rm -rf "$work"
}

start_kafka() {
  fetch_kafka
  local java heap=(-Xms256m -Xmx512m)
  java=$(java_17)/bin/java
  ((${#inner_ports[@]})) && heap=(-Xms96m -Xmx384m) || inner_ports=("$(free_port)")
  local voters=() i copies=${#inner_ports[@]}
  for ((i = 0; i < copies; i++)); do voters+=("$((i + 1))@127.0.0.1:${inner_ports[i]}"); done
  local in_sync=$(((copies + 1) / 2)) controller=${inner_ports[member - 1]}
  mkdir -p "$data"
  # Recorded logs are older than any retention; lines of several megabytes are part of the tests.
  cat >"$data/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=$member
controller.quorum.voters=$(IFS=, && echo "${voters[*]}")
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$data/log
log.retention.ms=-1
message.max.bytes=16777216
replica.fetch.max.bytes=16777216
auto.create.topics.enable=true
num.partitions=1
default.replication.factor=$copies
min.insync.replicas=$in_sync
offsets.topic.num.partitions=$copies
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=$copies
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
leader.imbalance.check.interval.seconds=10
leader.imbalance.per.broker.percentage=0
group.initial.rebalance.delay.ms=0
PROPERTIES
  local run=("$java" "${heap[@]}" -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$jars/*")
  [[ -f $data/log/meta.properties ]] ||
    "${run[@]}" kafka.tools.StorageTool format --cluster-id Y3VscHJpdC10ZXN0cw --config "$data/server.properties" >>"$log" 2>&1 ||
    fail "Kafka's storage could not be formatted; its log is $log"
  detached "${run[@]}" kafka.Kafka "$data/server.properties"
}

# The broker answers an ApiVersions request (key 18, version 0) only once it serves clients.
kafka_answers() {
  listens "$port" || return 1
  local reply
  reply=$(timeout 2 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; printf '\\0\\0\\0\\012\\0\\022\\0\\0\\0\\0\\0\\001\\377\\377' >&3; head -c 8 <&3 | od -An -tx1" 2>/dev/null | tr -d ' \n') || true
  [[ ${reply:8} == 00000001 ]]
}

# --- elasticsearch, opensearch ---------------------------------------------------------------------------------------------

# The distribution that the servers' own integration tests run: a zip of Maven Central.
fetch_search_engine() { # GROUP VERSION
  zip=$cache/$service-$2.zip
  [[ -f $zip ]] && return
  echo "Fetching $service $2 with Maven into $cache"
  mkdir -p "$cache"
  local work
  work=$(mktemp -d "$cache/fetch.XXXXXX")
  maven dependency:copy -Dartifact="$1:$service:$2:zip" -DoutputDirectory="$work"
  mv "$work"/*.zip "$zip"
  rm -rf "$work"
}

start_search_engine() { # GROUP VERSION JAVA_VARIABLE CONFIGURATION
  fetch_search_engine "$1" "$2"
  local home=$data/$service-$2
  if [[ ! -f $home/.complete ]]; then
    mkdir -p "$data"
    unzip -q -o "$zip" -d "$data"
    mkdir -p "$home/plugins" "$home/logs"
    touch "$home/.complete"
  fi
  # The first member alone may lead: of two that may, the loss of either could stop both.
  local discovery="discovery.type: single-node" i seeds=()
  if ((${#inner_ports[@]})); then
    for ((i = 0; i < ${#inner_ports[@]}; i++)); do seeds+=("\"127.0.0.1:${inner_ports[i]}\""); done
    discovery="transport.port: ${inner_ports[member - 1]}
discovery.seed_hosts: [$(IFS=, && echo "${seeds[*]}")]
cluster.initial_master_nodes: [test-1]"
    ((member == 1)) || discovery+=$'\nnode.roles: [data, ingest]'
  fi
  cat >"$home/config/$service.yml" <<YAML
cluster.name: culprit-tests
node.name: test-$member
path.data: $data/data
path.logs: $home/logs
network.host: 127.0.0.1
http.port: $port
$discovery
cluster.routing.allocation.disk.threshold_enabled: false
$4
YAML
  # The bundled scripts start the server from a launcher; -p names the server itself.
  service_user
  set_as_user
  local pid=$data/server.pid
  rm -f "$pid"
  "${as_user[@]}" "$3=$(java_17)" "${service^^}_JAVA_OPTS=-Xms512m -Xmx512m" ES_JAVA_OPTS="-Xms512m -Xmx512m" \
    setsid "$home/bin/$service" -p "$pid" >>"$log" 2>&1 </dev/null 3>&- 4>&- &
  local launcher=$! deadline=$((SECONDS + patience))
  until [[ -s $pid ]]; do
    kill -0 "$launcher" 2>/dev/null || { tail -n 30 "$log" >&2; fail "$service ended while starting; its log is $log"; }
    ((SECONDS < deadline)) || fail "$service wrote no pid file within $patience s; its log is $log"
    sleep 0.1
  done
  cp "$pid" "$pid_file"
}
start_elasticsearch() {
  start_search_engine org.elasticsearch.distribution.integ-test-zip "$elasticsearch_version" ES_JAVA_HOME "xpack.security.enabled: false"
}
start_opensearch() {
  start_search_engine org.opensearch.distribution.integ-test-zip "$opensearch_version" OPENSEARCH_JAVA_HOME ""
}
search_engine_answers() {
  curl -fs --max-time 5 -o /dev/null "http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=2s"
}

# --- postgresql ------------------------------------------------------------------------------------------------------------

start_postgresql() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/15/bin 2>/dev/null) || fail "no PostgreSQL 15; tests/install.sh services installs it"
  service_user
  set_as_user
  if [[ ! -f $data/PG_VERSION ]]; then
    mkdir -p "$data"
    chmod 700 "$data"
    (cd / && "${as_user[@]}" "$bin/initdb" --pgdata "$data" --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 --no-sync) >>"$log" 2>&1 ||
      fail "initdb failed; its log is $log"
    cat >>"$data/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
logging_collector = on
log_destination = 'stderr,csvlog,jsonlog'
log_directory = 'log'
log_filename = 'postgresql.log'
log_file_mode = 0644
log_statement = ddl
log_line_prefix = '%m [%p] %q%u@%d/%a '
log_timezone = 'UTC'
CONF
  fi
  # Not through pg_ctl: the postmaster itself is what the pid file names.
  cd /
  detached "${as_user[@]}" "$bin/postgres" -D "$data" -p "$port"
}
postgresql_answers() {
  /usr/lib/postgresql/15/bin/pg_isready -q -h 127.0.0.1 -p "$port"
}

# --- alertmanager ----------------------------------------------------------------------------------------------------------

start_alertmanager() {
  mkdir -p "$data"
  printf 'route: {receiver: none, group_wait: 0s, group_by: [group]}\nreceivers: [{name: none}]\n' >"$data/alertmanager.yml"
  detached prometheus-alertmanager --config.file="$data/alertmanager.yml" --storage.path="$data" \
    --web.listen-address="127.0.0.1:$port" --cluster.listen-address=
}
alertmanager_answers() {
  curl -fs --max-time 5 -o /dev/null "http://127.0.0.1:$port/-/ready"
}

# ---------------------------------------------------------------------------------------------------------------------------

answers() {
  case "$service" in
    elasticsearch | opensearch) search_engine_answers ;;
    *) "${service}_answers" ;;
  esac
}

if [[ $action == stop ]]; then
  stop_service
  exit
fi

if running && [[ -f $address_file ]]; then
  port=$(cut -d: -f2 "$address_file")
  wait_until_it_answers
  cat "$address_file"
  exit
fi
case "$service" in
  alertmanager) "$here/install.sh" prometheus-alertmanager curl ;;
  *) "$here/install.sh" services ;;
esac
if $fresh; then
  # A search engine's data lie in a folder beside its unpacked program.
  case "$service" in
    elasticsearch | opensearch) rm -rf "${data:?}/data" ;;
    *) rm -rf "${data:?}" ;;
  esac
fi
[[ $port != 0 ]] || port=$(free_port)
! listens "$port" || fail "port $port is taken; choose another with --port (0 takes a free one)"
"start_$service"
wait_until_it_answers
cat "$address_file"
