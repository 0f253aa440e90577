#pragma once
// Incidents and changes into a compacted Kafka topic, from which any node serves its page (daemon/incident_feed.h).
//
//   offer() ──> PendingDocuments ──> KafkaWriter ──> settled, or given back with backoff
//  (any thread)                     (a thread of its own)
//
// Of each id the topic keeps the record that was written last. It is the newest but for a moment: a correlator that was paused
// may write an older revision after its successor's; readers go by the version, and whoever reads such a record back has the
// newer one written again. A document that Kafka will never take (too large for it) goes to the dead letters.
#include <memory>

#include "daemon/sinks/elasticsearch_sink.h"
#include "daemon/sinks/settings.h"
#include "daemon/sinks/sink.h"
#include "daemon/telemetry.h"

namespace culprit {

/// `rejected` is called on the sink's thread; `telemetry` and what it refers to outlive the sink.
std::unique_ptr<Sink> make_kafka_sink(const KafkaSinkSettings& settings, Telemetry& telemetry, RejectedDocument rejected,
                                      RetrySchedule schedule = {});

}  // namespace culprit
