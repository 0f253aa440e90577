#pragma once
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "daemon/telemetry.h"
#include "daemon/web/incident_store.h"
#include "daemon/web/settings.h"
#include "matchers/result.h"

// The daemon's HTTP server: probes, metrics, incidents as JSON and as pages. What each address answers is in routes.h.
//
// One coroutine a connection, all on one strand of the io_context. Bounded: connections, header, body, and the time of each step.

namespace culprit {

class HttpServer {
   public:
    /// `telemetry`, `incidents` and what `readiness` refers to must live until `io` has stopped running; `io` outlives the
    /// server.
    HttpServer(boost::asio::io_context& io, HttpSettings settings, Telemetry& telemetry, IncidentStore& incidents,
               std::function<Readiness()> readiness);
    ~HttpServer();  // stops
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and accepts from now on; requests are answered while `io` runs. The error says which address and why.
    Result<Done> listen();

    /// The port that is listened on; 0 before listen().
    unsigned short port() const;

    /// Closes the listener and all connections soon. Any thread; again is harmless.
    void stop();

   private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // shared with its coroutines, which end on the io_context's thread
};

}  // namespace culprit
