#!/usr/bin/env bash
# Everything on, from Kafka to Elasticsearch, beside the bare drain, rsyslog and `kcat | rg` on the same topic.
#
# usage: bench/end_to_end.sh [--messages N] [--rounds N] [--only NAME,…] [--loads few,storm] [--out DIR]
#   Fills two topics of four partitions (0.5 % errors; all errors) with 2,400,000 messages and runs the contenders (drain, culprit,
#   culprit_kafka_log, rsyslog, kcat_rg) in turn, round by round (5), after each has given the right answer. Prints a table; --out
#   gets results.json and results.svg. Short: --messages 400000 --rounds 3. CULPRIT_BUILD_DIR moves the build folder (default
#   build/release). Peers that are not installed are left out.
exec "$(dirname "${BASH_SOURCE[0]}")/with_services.sh" end_to_end "$@"
