#pragma once
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/io_context.hpp>
#include <memory>

#include "daemon/alerts/outbox.h"
#include "daemon/alerts/settings.h"
#include "daemon/sinks/retry_schedule.h"
#include "daemon/sinks/sink.h"
#include "daemon/telemetry.h"

// Incidents to Alertmanager and to webhooks: at least once, each notice under a stable key.
//
//   offer() ──> AlertDesk ──> every second: what is due ──> outbox (not delivered) ──> HTTP ──> outbox (delivered)
//  (fold's thread)                                (io_context's thread)
//
// A receiver that is away is retried with backoff; meanwhile only the newest revision of each incident waits. One that refuses a
// notice for good (4xx) is logged, counted as rejected, and told of the next change.

namespace culprit {

/// Throws std::runtime_error for an address that is none or a template that cannot be used. `io`, `outbox` and `telemetry` must
/// outlive the sink and live until `io` has stopped running. `outbox` is used on the io_context's thread only.
std::unique_ptr<Sink> make_alert_sink(boost::asio::io_context& io, AlertSettings settings, Outbox& outbox, Telemetry& telemetry,
                                      RetrySchedule schedule = {});

}  // namespace culprit
