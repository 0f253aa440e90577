#pragma once
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/sinks/http_client.h"
#include "daemon/sinks/retry_schedule.h"
#include "daemon/sinks/settings.h"
#include "daemon/sinks/sink.h"
#include "daemon/telemetry.h"

// Incidents into Elasticsearch or OpenSearch.
//
//   offer() ──> PendingDocuments ──> every flush_interval: bulk_request ──> HttpClient ──> bulk_response ─┬─> settled
//  (fold's thread)      ^                                                (io_context's thread)            ├─> dead letter
//                       └───────────────────── given back, with backoff ──────────────────────────────────┘
//
// Idempotent: `index` operations with the id and the external version; a conflict with the same or an earlier epoch is success,
// one with a later epoch stops this writer for good. Before the first bulk the index template is put, and retried until it
// stands. A bulk of which some documents were refused for now is repeated with those alone.

namespace culprit {

/// Takes a document that the server will never take, with its reason. Called on the io_context's thread; when it returns the
/// document counts as safe.
using RejectedDocument = std::function<void(const IncidentDocument&, const std::string& reason)>;

/// Throws std::runtime_error for an address that is none.
HttpClientSettings client_settings(const ElasticsearchSettings& settings);

/// Throws std::runtime_error for an address that is none, or a CA file that cannot be read. Work begins when `io` runs, on one
/// strand. `io` must outlive the sink; `telemetry` and what `rejected` refers to must live until `io` has stopped running, as
/// the coroutine ends a moment after the sink. Without `rejected` a refused document is logged as an error.
std::unique_ptr<Sink> make_elasticsearch_sink(boost::asio::io_context& io, ElasticsearchSettings settings, Telemetry& telemetry,
                                              RejectedDocument rejected = {}, RetrySchedule schedule = {});

}  // namespace culprit
