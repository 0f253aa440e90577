#!/usr/bin/env bash
# culprit at a steady rate: from an error in Kafka to its document's acknowledgement by Elasticsearch, CPU time, and memory.
#
# usage: bench/steady.sh [--only latency,cpu,memory] [--seconds N] [--messages N] [--log sqlite|kafka] [--out DIR]
#   latency: 20,000 messages/s, two new errors a second, each with a name of its own, for N seconds (60)
#   cpu:     10,000 messages/s with 0.5 % errors, for N seconds (60)
#   memory:  N messages (10,000,000) at full speed; resident memory at every tenth of them
#   --out gets steady.json. CULPRIT_BUILD_DIR moves the build folder (default build/release).
exec "$(dirname "${BASH_SOURCE[0]}")/with_services.sh" steady "$@"
